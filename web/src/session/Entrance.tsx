import { Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { Preferences } from "../shell/Preferences";

/** The frame of what is shown before somebody is signed in. */
export function Entrance({ title, children }: { title: string; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Calha`;
  }, [title]);
  return (
    <main className="entrance">
      <div className="panel entrance-card">
        <div className="entrance-brand">
          <img src="/calha.svg" alt="" width={30} height={30} /> Calha
        </div>
        <Title order={1} size="h3" mb="md">
          {title}
        </Title>
        {children}
      </div>
      <Preferences />
    </main>
  );
}
