import { queryOptions, useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext } from "react";
import { api, type Me, type Permission, Problem, take } from "../api/client";
import { admit } from "../api/http";
import { keepOnlyOf } from "../offline/forget";

const REFRESH_MS = 60_000; // roles may change while a page stands open

/** Who is signed in; null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async (): Promise<Me | null> => {
    try {
      const me = await take(api.GET("/api/v1/session"));
      admit(me.csrf_token);
      return me;
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: REFRESH_MS,
  refetchInterval: (query) => (query.state.data === null ? false : REFRESH_MS),
});

const LOOK_AGAIN_MS = 3_000;

/** What somebody who has not signed in may know of this installation. */
export const setUpQuery = queryOptions({
  queryKey: ["set-up"],
  queryFn: () => take(api.GET("/api/v1/set-up")),
  refetchInterval: ({ state }) => (state.data?.needed === true ? LOOK_AGAIN_MS : false),
});

/** Take over a session that has just been opened. */
export function useWelcome(): (me: Me) => void {
  const queries = useQueryClient();
  return useCallback(
    (me) => {
      admit(me.csrf_token);
      queries.setQueryData(sessionQuery.queryKey, me);
    },
    [queries],
  );
}

/** Leave, and load the page anew, so that nothing of what was seen stays behind. Fails where the server could not be told: then nobody has left. */
export async function signOut(): Promise<void> {
  const { response, error } = await api.DELETE("/api/v1/session");
  if (!response.ok && response.status !== 401) await take(Promise.resolve({ error, response }));
  await keepOnlyOf(null);
  location.assign("/");
}

export const SessionContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(SessionContext);
  if (me === null) throw new Error("only pages behind the sign-in know who is signed in");
  return me;
}

export interface Rights {
  /** On that site; on the whole installation for null. */
  on: (permission: Permission, site: number | null) => boolean;
  /** On some site at least. */
  somewhere: (permission: Permission) => boolean;
}

/** What the person may do, as far as the page needs it to leave out what the server would refuse. */
export function rightsOf(me: Pick<Me, "permissions">): Rights {
  return {
    on: (permission, site) => {
      const sites = me.permissions[permission];
      return sites === null || (sites !== undefined && site !== null && sites.includes(site));
    },
    somewhere: (permission) => me.permissions[permission] !== undefined,
  };
}

export function useRights(): Rights {
  return rightsOf(useMe());
}

/** Whether he sees any device at all. */
export function seesSomething(me: Me): boolean {
  return rightsOf(me).somewhere("view") || me.owns_devices;
}

/** Whether he may be somebody who pays: who owns a device, or has no role on any site. */
export function paysSomething(me: Me): boolean {
  return me.person !== null && (me.owns_devices || !rightsOf(me).somewhere("view"));
}
