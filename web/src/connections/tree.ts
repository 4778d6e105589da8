/** An address space as a tree of which only some folders are open: its rows from the top, and how keys move among them. */

export interface Branch<Item> {
  item: Item;
  /** Its place among everything: the ids from the top, so that what is reachable in two ways is two rows. */
  path: string;
  level: number;
  isOpen: boolean;
  parent: string | null;
}

export interface Named {
  node: string;
  name: string;
}

const SEPARATOR = "\u001f";

export function pathOf(parent: string | null, node: string): string {
  return parent === null ? node : `${parent}${SEPARATOR}${node}`;
}

/** The node at the end of a path. */
export function nodeOf(path: string): string {
  return path.slice(path.lastIndexOf(SEPARATOR) + 1);
}

/** The rows to be seen: children of open folders below them, by what is known of their children so far. */
export function rows<Item extends Named>(childrenOf: (path: string | null) => readonly Item[] | undefined, open: ReadonlySet<string>): Branch<Item>[] {
  const found: Branch<Item>[] = [];
  const walk = (parent: string | null, level: number) => {
    for (const item of childrenOf(parent) ?? []) {
      const path = pathOf(parent, item.node);
      const isOpen = open.has(path);
      found.push({ item, path, level, isOpen, parent });
      if (isOpen) walk(path, level + 1);
    }
  };
  walk(null, 1);
  return found;
}

export type Move = { to: string } | { open: string } | { shut: string };

/** What an arrow, Home or End does at a row (WAI-ARIA tree pattern); nothing for other keys, and at the ends. */
export function move<Item>(key: string, at: string, shown: readonly Branch<Item>[], mayOpen: (branch: Branch<Item>) => boolean): Move | null {
  const place = shown.findIndex(({ path }) => path === at);
  const here = shown[place];
  if (here === undefined) return null;
  const to = (branch: Branch<Item> | undefined): Move | null => (branch === undefined ? null : { to: branch.path });
  switch (key) {
    case "ArrowDown":
      return to(shown[place + 1]);
    case "ArrowUp":
      return to(shown[place - 1]);
    case "Home":
      return to(shown[0]);
    case "End":
      return to(shown.at(-1));
    case "ArrowRight":
      if (!mayOpen(here)) return null;
      return here.isOpen ? to(shown[place + 1]?.parent === here.path ? shown[place + 1] : undefined) : { open: here.path };
    case "ArrowLeft":
      if (here.isOpen) return { shut: here.path };
      return here.parent === null ? null : { to: here.parent };
    default:
      return null;
  }
}
