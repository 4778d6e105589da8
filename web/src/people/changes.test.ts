import { expect, it } from "vitest";
import { changesOf } from "./changes";

it("an entry's change is told part by part, without what stayed or was never set", () => {
  expect(changesOf('{"name": "a", "note": ""}', '{"name": "b", "note": ""}')).toEqual([{ name: "name", before: "a", after: "b" }]);
  expect(changesOf("", '{"site_id": 3, "scopes": ["view"], "x": null}')).toEqual([
    { name: "site_id", before: undefined, after: "3" },
    { name: "scopes", before: undefined, after: '["view"]' },
  ]);
});

it("what is no JSON is shown as it is", () => {
  expect(changesOf("{'path': 1", "")).toEqual([{ name: "", before: "{'path': 1", after: undefined }]);
  expect(changesOf("", "")).toEqual([]);
});
