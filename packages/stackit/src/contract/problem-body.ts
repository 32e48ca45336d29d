import { type Static, Type } from "typebox";

/** RFC 9457 `application/problem+json`; a code may add further members. */
export const ProblemBody = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.Optional(Type.String()),
    code: Type.String(),
    requestId: Type.String(),
  },
  { $id: "Problem", additionalProperties: true },
);
export type ProblemBody = Static<typeof ProblemBody>;
