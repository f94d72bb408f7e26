const classes = new Set<unknown>();

/** Class decorator of a body that may be left out: it is as good as an empty object, whose every field has a default. */
export function OptionalBody(): ClassDecorator {
  return (target) => void classes.add(target);
}

/** Whether the class of a body is marked so. */
export function isOptionalBody(bodyClass: unknown): boolean {
  return classes.has(bodyClass);
}

/** The same by the name of the class, which is what a document knows of it. */
export function isOptionalBodyName(name: string): boolean {
  return [...classes].some((one) => (one as { name: string }).name === name);
}
