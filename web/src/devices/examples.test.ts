import { expect, it } from "vitest";
import { examples } from "./examples";

const status = { mqtt: { host: "0.0.0.0", port: 1883 }, tcp: { host: "127.0.0.1", port: 7000 } };

it("each example holds the device, its secret and an address that can be reached", () => {
  const found = examples({ key: "pump-1", channels: [] }, status, "http://plant.example:8080", "calha_dev_x");
  expect(found.map((one) => one.title)).toEqual(["MQTT", "HTTP", "TCP", "Python", "ESP32"]);
  for (const { text } of found) expect([text.includes("pump-1"), text.includes("calha_dev_x"), text.includes("0.0.0.0")]).toEqual([true, true, false]);
  expect(found[0]?.text).toContain("-h plant.example -p 1883");
});

it("without a TCP input there is no example of it", () => {
  const found = examples({ key: "pump-1", channels: [] }, { ...status, tcp: null }, "http://plant.example", "x");
  expect(found.map((one) => one.title)).not.toContain("TCP");
});
