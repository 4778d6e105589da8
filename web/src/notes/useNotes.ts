import { useComputedColorScheme } from "@mantine/core";
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { basedOn } from "../api/based";
import { api, take } from "../api/client";
import type { components } from "../api/schema";
import type { Layer } from "../chart/plot";
import { shownOf, type Span } from "../chart/range";
import { live } from "../live/hooks";
import { noteLayer } from "./layer";

export type Note = components["schemas"]["AnnotationAnswer"];
type NewNote = components["schemas"]["NewAnnotationBody"];

const REFRESH_MS = 60_000;
const NONE: readonly Note[] = [];

export interface Notes {
  notes: readonly Note[];
  layers: readonly Layer[];
}

/** The notes of devices in the time shown, oldest first, and what draws them over a chart. */
export function useNotes(devices: readonly string[], span: Span): Notes {
  const scheme = useComputedColorScheme("light");
  const asked = span.live ? `live ${span.to - span.from}` : `${span.from}-${span.to}`;
  const { data } = useQuery({
    queryKey: ["notes", devices, asked],
    queryFn: () => {
      const { from, to } = shownOf(span, live.clock);
      return take(api.GET("/api/v1/annotations", { params: { query: { device: [...devices], from_ms: Math.round(from), to_ms: Math.round(to) } } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: span.live ? REFRESH_MS : false,
    enabled: devices.length > 0,
  });
  return useMemo(() => {
    const notes = [...(data?.items ?? NONE)].sort((one, other) => Date.parse(one.from) - Date.parse(other.from));
    const noted = notes.map(({ from, to }, index) => ({ from: Date.parse(from), to: to === null ? null : Date.parse(to), number: index + 1 }));
    return { notes, layers: notes.length === 0 ? [] : [noteLayer(noted, scheme)] };
  }, [data, scheme]);
}

export function useWriteNote(done: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ old, note }: { old: { id: number; version: string } | null; note: NewNote }) => {
      const { from, to, text } = note;
      const said = { from, text, ...(to === undefined || to === null ? {} : { to }) };
      return old === null ? take(api.POST("/api/v1/annotations", { body: note })) : take(api.PUT("/api/v1/annotations/{annotation_id}", { params: { path: { annotation_id: old.id }, header: basedOn(old) }, body: said }));
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["notes"] });
      done();
    },
  });
}

export function useDeleteNote() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) => take(api.DELETE("/api/v1/annotations/{annotation_id}", { params: { path: { annotation_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["notes"] }),
  });
}
