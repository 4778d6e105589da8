/**
 * Of what a form says, what differs from what it began with. A change of one field then takes nothing back that another person has
 * changed in others meanwhile, and asks for no right that the others need.
 */
export function changedParts<Body extends object>(began: Body, now: Body): Partial<Body> {
  const changed = Object.entries(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(began[name as keyof Body]));
  return Object.fromEntries(changed) as Partial<Body>;
}
