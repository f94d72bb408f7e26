/** The plans of this installation by the number that this API has for them. The one table of it; several may share a plan. */
export const planOfType = {
  1: 'free',
  2: 'starter',
  3: 'pro',
  4: 'pro',
  5: 'enterprise',
  6: 'enterprise',
} as const satisfies Record<number, string>;

export type PlanType = keyof typeof planOfType;

/** What an organization has that nobody gave another plan. */
export const defaultPlanType: PlanType = 1;

const types = Object.keys(planOfType).map(Number) as PlanType[];

/**
 * The number of an organization's plan: the one it was given here while that still means its plan, else the lowest that does.
 */
export function typeOfPlan(plan: string, given: number | null): PlanType {
  const fitting = types.filter((type) => planOfType[type] === plan);
  return fitting.find((type) => type === given) ?? fitting[0] ?? defaultPlanType;
}
