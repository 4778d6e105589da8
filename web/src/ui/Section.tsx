import { Paper, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

/** A part of a page under a heading of its own. */
export function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  return (
    <Paper className="panel" p="md" component="section" aria-label={title}>
      <Title order={2} size="h5" mb={text === undefined ? "sm" : 4}>
        {title}
      </Title>
      {text !== undefined && (
        <Text size="sm" className="quiet" mb="sm">
          {text}
        </Text>
      )}
      {children}
    </Paper>
  );
}
