import type { PreparedRequest } from './operation-cases.js';
import type { World } from './world.js';

type Case = (world: World) => Promise<PreparedRequest>;

/** Everything that a bill may say. */
export const acmeBilling = {
  name: 'Acme Incorporated',
  email: 'billing@example.com',
  phone: '+43 5572 123456',
  address: {
    country: 'AT',
    city: 'Dornbirn',
    line1: 'Bahnhofstrasse 1',
    line2: '2nd floor',
    postalCode: '6850',
  },
  tax: { id: 'ATU12345678', idType: 'eu_vat' },
};

/** How the subscription is used rightly. */
export const subscriptionCases: Record<string, Case> = {
  getSubscription: ({ jane }) => Promise.resolve({ person: jane, params: {} }),
  updateSubscription: ({ jane }) =>
    Promise.resolve({
      person: jane,
      params: {},
      body: { billing: acmeBilling, notificationsEnabled: false, requestedPlan: 'enterprise' },
    }),
};
