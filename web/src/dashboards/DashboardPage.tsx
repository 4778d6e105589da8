import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Suspense, useMemo, useState } from "react";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { Confirm } from "../ui/Confirm";
import { download } from "../ui/download";
import { later } from "../ui/later";
import { Loaded } from "../ui/Loaded";
import { Refusal } from "../ui/Saving";
import { Board } from "./Board";
import { sourceOf } from "./signedIn";
import { SnapshotButtons } from "./SnapshotButtons";
import type { Dashboard } from "./types";
import { exported, useBoard, useDeleteBoard } from "./useBoards";
import { type Values, valuesOf } from "./variables";
import { VariableBar } from "./VariableBar";

// Most people only look.
const Builder = later(async () => (await import("./Builder")).Builder);
const Share = later(async () => (await import("./Share")).Share);

export function DashboardPage() {
  const { id } = useParams({ from: "/dashboards/$id" });
  const board = useBoard(Number(id));
  return (
    <Loaded query={board} height={500}>
      {(data) => <Shown key={data.id} board={data} />}
    </Loaded>
  );
}

function Shown({ board }: { board: Dashboard }) {
  const search = useSearch({ from: "/dashboards/$id" });
  const navigate = useNavigate({ from: "/dashboards/$id" });
  const mayChange = useRights().on("configure", board.site_id);
  const source = useMemo(() => sourceOf(board.id), [board.id]);
  const values = useMemo(() => valuesOf(board.document.variables, search.v ?? {}), [board.document.variables, search.v]);
  const choose = (key: string, value: string | number) => void navigate({ search: (before) => ({ ...before, v: { ...before.v, [key]: value } }), replace: true });
  const stop = () => void navigate({ search: (before) => (before.v === undefined ? {} : { v: before.v }), replace: true, ignoreBlocker: true });
  if (search.edit === true && mayChange) {
    return (
      <Suspense>
        <Builder board={board} source={source} values={search.v ?? {}} stop={stop} />
      </Suspense>
    );
  }
  return (
    <>
      <PageTitle title={board.name} site={board.site_id}>
        <Actions board={board} values={values} mayChange={mayChange} />
      </PageTitle>
      <VariableBar variables={board.document.variables} values={values} site={board.site_id} choose={choose} />
      <Board document={board.document} values={values} source={source} site={board.site_id} />
    </>
  );
}

function Actions({ board, values, mayChange }: { board: Dashboard; values: Values; mayChange: boolean }) {
  const { t } = useTexts();
  const navigate = useNavigate({ from: "/dashboards/$id" });
  const [shares, share] = useState(false);
  const [isDoomed, doom] = useState(false);
  const remove = useDeleteBoard();
  const carry = useMutation({ mutationFn: () => exported(board.id), onSuccess: (whole) => download(`${board.name}.json`, JSON.stringify(whole, null, 1), "application/json") });
  return (
    <>
      <Refusal error={remove.error ?? carry.error} />
      <SnapshotButtons name={board.name} site={board.site_id} document={board.document} values={values} />
      <Button size="xs" variant="default" loading={carry.isPending} onClick={() => carry.mutate()}>
        {t("boards.export")}
      </Button>
      <Button size="xs" variant="default" onClick={() => void navigate({ to: "/kiosk", search: { boards: String(board.id) } })}>
        {t("boards.kiosk")}
      </Button>
      {mayChange && (
        <>
          <Button size="xs" variant="default" onClick={() => share(true)}>
            {t("boards.share")}
          </Button>
          <Button size="xs" variant="default" onClick={() => doom(true)}>
            {t("common.delete")}
          </Button>
          <Button size="xs" onClick={() => void navigate({ search: (before) => ({ ...before, edit: true }) })}>{t("common.edit")}</Button>
        </>
      )}
      {shares && (
        <Suspense>
          <Share board={board} values={values} close={() => share(false)} />
        </Suspense>
      )}
      <Confirm
        opened={isDoomed}
        question={t("boards.deleteAsk", { name: board.name })}
        action={t("common.delete")}
        close={() => doom(false)}
        confirm={() => remove.mutate(board.id, { onSuccess: () => void navigate({ to: "/dashboards" }) })}
      />
    </>
  );
}
