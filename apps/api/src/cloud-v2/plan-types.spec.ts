import { planOfType, typeOfPlan } from './plan-types.js';

describe('typeOfPlan', () => {
  it('is the number that was given while it means the plan', () => {
    expect(typeOfPlan('pro', 4)).toBe(4);
    expect(typeOfPlan('starter', 4)).toBe(2);
  });

  it('is otherwise the lowest that means the plan', () => {
    expect(typeOfPlan('enterprise', null)).toBe(5);
    expect(typeOfPlan('free', null)).toBe(1);
  });

  it('knows the numbers from 1 to 6', () => {
    expect(Object.keys(planOfType)).toEqual(['1', '2', '3', '4', '5', '6']);
  });
});
