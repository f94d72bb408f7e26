/** Names of environments stand in paths and in the bounds of API keys: lower-case letters, digits and hyphens. */
export const environmentName = /^[a-z0-9][a-z0-9-]*$/;

/** In characters. */
export const longestEnvironmentName = 50;

/** What a project gets that is made without naming its environments. */
export const usualEnvironments: readonly string[] = ['development', 'staging', 'production'];

/** Whether a text of a path can be the name of an environment. */
export function isEnvironmentName(text: string): boolean {
  return text.length <= longestEnvironmentName && environmentName.test(text);
}
