import { isMap, isScalar, parseDocument } from 'yaml';

export type Pair = [key: string, value: string];

/** A flat JSON object of the pairs, in their order. */
export function jsonOf(pairs: Pair[]): string {
  return `{${pairs.map((pair) => pair.map((text) => JSON.stringify(text)).join(':')).join(',')}}`;
}

/** The pairs of a JSON or YAML file in file order, which `JSON.parse` would not keep. */
export function pairsOf(text: string): Pair[] {
  // The library compares each key with every other one; the tests compare the whole list.
  const { contents, errors } = parseDocument(text, { uniqueKeys: false });
  expect(errors).toEqual([]);
  if (!isMap(contents)) throw new Error('The file is no mapping.');
  return contents.items.map(({ key, value }) => {
    if (!isScalar(key) || !isScalar(value)) throw new Error('The file is not flat.');
    return [String(key.value), String(value.value)];
  });
}
