import type { FastifyRequest } from "fastify";

/** Before validation: a request without a body is one with an empty object, all of whose members are left out. */
export async function takeEmptyBody(request: FastifyRequest): Promise<void> {
  if (request.body === undefined) request.body = {};
}
