/** A part of a catalogue, cut by `texts.ts`. */
declare module "virtual:texts/*" {
  const texts: Partial<import("./pt-BR").Catalogue>;
  export default texts;
}
