/** Who may sign in. Logins are compared without regard to case, as GitHub does. */
export interface AllowList {
  readonly allowedUsers: ReadonlySet<string>;
  readonly allowedOrg?: string;
  readonly operators: ReadonlySet<string>;
}

export function isAllowed(
  list: AllowList,
  { login, isMember }: { login: string; isMember: boolean },
): boolean {
  const name = login.toLowerCase();
  if (list.allowedUsers.has(name) || list.operators.has(name)) return true;
  return list.allowedOrg !== undefined && isMember;
}

export function isOperator({ operators }: AllowList, login: string): boolean {
  return operators.has(login.toLowerCase());
}
