import { expect, it } from "vitest";
import { examples, needsAuthority } from "./examples";

const plain = { tls: false, client_certificates: "none" as const };
const status = { mqtt: { host: "0.0.0.0", port: 1883, ...plain }, tcp: { host: "127.0.0.1", port: 7000, ...plain }, http: { host: "0.0.0.0", port: 8080, ...plain }, local_authority: false };
const secret = { mqtt: { ...status.mqtt, tls: true }, tcp: { ...status.tcp, tls: true }, http: { ...status.http, tls: true }, local_authority: true };

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

it("with TLS each example believes the local authority, and plain ones know nothing of it", () => {
  const trusted = ["--cafile ca.pem", "--cacert ca.pem", "-CAfile ca.pem", 'tls_set("ca.pem")', "setCACert"];
  const texts = (ports: typeof status) => examples({ key: "pump-1", channels: [] }, ports, "https://plant.example", "x").map((one) => one.text);
  texts(secret).forEach((text, place) => expect(text).toContain(trusted[place]));
  texts(status).forEach((text, place) => expect(text).not.toContain(trusted[place]));
  expect([needsAuthority(secret), needsAuthority(status)]).toEqual([true, false]);
});

it("with a certificate of one's own the authorities of the system are believed", () => {
  const [mqtt, http] = examples({ key: "pump-1", channels: [] }, { ...secret, local_authority: false }, "https://plant.example", "x").map((one) => one.text);
  expect([mqtt?.includes("--tls-use-os-certs"), http?.includes("--cacert")]).toEqual([true, false]);
});
