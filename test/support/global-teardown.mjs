/** Stops the PostgreSQL of this run and removes its folder. */
export default async function stopCluster() {
  await globalThis.stopTestCluster?.();
}
