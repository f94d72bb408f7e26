/** What is missing from the code to publish the document; every line names a handler or a class and says what to add. */
export class DocumentError extends Error {
  constructor(readonly problems: string[]) {
    super(`The OpenAPI document cannot be built:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'DocumentError';
  }
}

/** Collects what is missing, so that one build names all of it. */
export class DocumentProblems {
  private readonly found = new Set<string>();

  /** @param where a handler (`VaultsController.getVault`) or a property (`VaultDto.name`) */
  add(where: string, what: string): void {
    this.found.add(`${where}: ${what}`);
  }

  /** @throws DocumentError when anything was found */
  assertNone(): void {
    if (this.found.size > 0) throw new DocumentError([...this.found]);
  }
}
