import type { ResolvedEdge } from "./resolve-edges.ts";

/** Why this parent was taken, in one sentence for a person. `believed` is named by its word in the contract. */
export function explainEdge({ parent, believed, voices, agreed }: ResolvedEdge): string {
  const [strongest] = voices;
  if (believed === undefined) {
    return strongest === undefined || strongest.parent === parent
      ? `Nobody names another branch, so it stands on ${parent}.`
      : `No branch that is named can be followed, so it is shown on ${parent}.`;
  }
  const followsWord = voices.some((voice) => voice.source === believed && voice.parent === parent);
  if (agreed && followsWord) return voices.length === 1 ? `Only ${believed} says so.` : "All sources say so.";
  if (!followsWord) return `What ${believed} names cannot be followed as it is, so it is shown on ${parent}.`;
  return strongest?.source === believed
    ? `The sources disagree: ${believed} is believed, the strongest of them.`
    : `The sources disagree: ${believed} is believed, because no stronger one can be followed.`;
}
