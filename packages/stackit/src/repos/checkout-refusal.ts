/**
 * Why a clone cannot be handed over as it is. Both sentences are for clients: they name no path, no URL and no file.
 * Nothing was changed.
 */
export class CheckoutRefusedError extends Error {
  readonly detail: string;
  /** What a person can do about it. */
  readonly mend: string;
  /** Whether it may pass by itself. */
  readonly passes: boolean;

  constructor(detail: string, mend: string, options: { passes?: boolean } = {}) {
    super(`${detail} ${mend}`);
    this.name = "CheckoutRefusedError";
    this.detail = detail;
    this.mend = mend;
    this.passes = options.passes ?? false;
  }
}

/** Reading or changing a checkout failed, for the reason in `cause`. */
export class CheckoutFailedError extends Error {
  constructor(cause: unknown) {
    super("the checkout could not be read or changed", { cause });
    this.name = "CheckoutFailedError";
  }
}
