import { Component, type ContextType, type ReactNode } from "react";
import { ServicesContext } from "../services.ts";
import { Button } from "./button.tsx";
import { PartNotLoaded } from "./lazy-part.tsx";
import { ProblemFrame } from "./problem-frame.tsx";

interface Props {
  /** The part of the page, as in "The list". */
  part: string;
  /** Another value gives the part a new chance. */
  resetKey?: string;
  children: ReactNode;
}

interface State {
  failure?: { error: unknown; at: number } | undefined;
}

/** Keeps a failure while drawing inside the part it happened in. */
export class ErrorBoundary extends Component<Props, State> {
  static override contextType = ServicesContext;
  declare context: ContextType<typeof ServicesContext>;
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { failure: { error, at: Date.now() } };
  }

  override componentDidUpdate(before: Props): void {
    if (this.state.failure && before.resetKey !== this.props.resetKey) this.setState({ failure: undefined });
  }

  /** What nobody draws any more is forgotten: the part asks anew for its code and for what it shows. */
  readonly #reload = (): void => {
    const error = this.state.failure?.error;
    if (error instanceof PartNotLoaded) error.forget();
    this.context?.queries.removeQueries({ type: "inactive" });
    this.setState({ failure: undefined });
  };

  override render(): ReactNode {
    const { failure } = this.state;
    const { part, children } = this.props;
    if (!failure) return children;
    const { error, at } = failure;
    return (
      <div className="problem" role="alert">
        <ProblemFrame
          title="This part failed."
          detail={`${part} could not be drawn; the rest of the page works.`}
          code={undefined}
          facts={[
            ["Part", part],
            ["Error", error instanceof Error ? error.message : String(error)],
            ["Time", new Date(at).toISOString()],
            ["Page", location.pathname],
          ]}
        >
          <Button size="small" onClick={this.#reload}>
            Reload part
          </Button>
        </ProblemFrame>
      </div>
    );
  }
}
