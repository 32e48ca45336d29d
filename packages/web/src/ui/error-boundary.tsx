import { Component, type ReactNode } from "react";
import { Button } from "./button.tsx";
import { Sign } from "./glyphs.tsx";

interface Props {
  /** The part of the page, as in "The list". */
  part: string;
  /** Another value gives the part a new chance. */
  resetKey?: string;
  children: ReactNode;
}

/** Keeps a failure while drawing inside the part it happened in. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.failed && before.resetKey !== this.props.resetKey) this.setState({ failed: false });
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <div className="problem" role="alert">
        <Sign name="failing" />
        <div>
          <p className="problem-title">This part failed.</p>
          <p className="meta">{this.props.part} could not be drawn; the rest of the page works.</p>
          <div className="problem-actions">
            <Button size="small" onClick={() => this.setState({ failed: false })}>
              Reload part
            </Button>
          </div>
        </div>
      </div>
    );
  }
}
