import { beforeEach, describe, expect, it, vi } from "vitest";

const gone = () => new Response(JSON.stringify({ reason: "not_signed_in" }), { status: 401 });
const request = (method: string, path = "/api/v1/sites") => new Request(`http://calha${path}`, { method });

describe("requests of a page whose session has ended", () => {
  const fetched = vi.fn<(asked: Request) => Promise<Response>>();
  let http: typeof import("./http");

  beforeEach(async () => {
    vi.resetModules();
    vi.stubGlobal("fetch", fetched);
    fetched.mockReset();
    http = await import("./http");
  });

  it("sends the token with changes only", async () => {
    fetched.mockResolvedValue(new Response("{}"));
    http.admit("token");
    await http.send(request("POST"));
    await http.send(request("GET"));
    expect(fetched.mock.calls.map(([asked]) => asked.headers.get("x-csrf-token"))).toEqual(["token", null]);
  });

  it("takes the answer to what was asked before the app was there, once", async () => {
    globalThis.calhaAsked = new Map([["/api/v1/sites", Promise.resolve(new Response("early"))]]);
    fetched.mockImplementation(() => Promise.resolve(new Response("asked")));
    const texts = [await http.send(request("POST")), await http.send(request("GET")), await http.send(request("GET"))].map((answer) => answer.text());
    expect(await Promise.all(texts)).toEqual(["asked", "early", "asked"]);
  });

  it("lets a question wait for the next sign-in", async () => {
    http.admit("old");
    const refused = vi.fn();
    http.onRefused(refused);
    fetched.mockResolvedValueOnce(gone()).mockResolvedValueOnce(new Response("{}"));
    const answer = http.send(request("GET"));
    await vi.waitFor(() => expect(refused).toHaveBeenCalledOnce());
    expect(fetched).toHaveBeenCalledTimes(1);
    http.admit("new");
    expect((await answer).status).toBe(200);
  });

  it("does not repeat a change, nor take a wrong password for an ended session", async () => {
    http.admit("old");
    const refused = vi.fn();
    http.onRefused(refused);
    fetched.mockResolvedValueOnce(gone());
    expect((await http.send(request("DELETE"))).status).toBe(401);
    expect(refused).toHaveBeenCalledOnce();
    fetched.mockResolvedValueOnce(new Response(JSON.stringify({ reason: "wrong_credentials" }), { status: 401 }));
    expect((await http.send(request("PUT"))).status).toBe(401);
    expect(refused).toHaveBeenCalledOnce();
  });

  it("looks who is signed in when a change is refused for the token of another session", async () => {
    http.admit("old");
    const refused = vi.fn();
    http.onRefused(refused);
    fetched.mockResolvedValueOnce(new Response(JSON.stringify({ reason: "foreign_page" }), { status: 403 }));
    expect((await http.send(request("POST"))).status).toBe(403);
    expect(refused).toHaveBeenCalledOnce();
    fetched.mockResolvedValueOnce(new Response(JSON.stringify({ reason: "forbidden" }), { status: 403 }));
    await http.send(request("POST"));
    expect(refused).toHaveBeenCalledOnce();
  });

  it("has nobody to wait for before the first sign-in", async () => {
    fetched.mockResolvedValueOnce(gone());
    expect((await http.send(request("GET"))).status).toBe(401);
  });
});
