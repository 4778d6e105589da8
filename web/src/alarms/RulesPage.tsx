import { Button, Paper, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTexts } from "../i18n";
import { useRights } from "../session/session";
import { PageTitle } from "../shell/Pages";
import { sitesQuery } from "../sites/queries";
import { Loaded } from "../ui/Loaded";
import { isPriority, PRIORITIES, type Priority } from "./alarms";
import "./alarms.css";
import { PriorityMark } from "./PriorityMark";
import { KINDS, type Rule } from "./rules";
import { useRules } from "./useRules";

/** What is watched, and why: the master alarm database. */
export function RulesPage() {
  const { t } = useTexts();
  const found = useRules();
  const mayChange = useRights().somewhere("configure");
  return (
    <>
      <PageTitle title={t("rules.title")}>
        <Button component="a" href="/api/v1/alarm-rules/export" variant="default" download>
          {t("rules.export")}
        </Button>
        {mayChange && (
          <Button component={Link} to="/alarms/rules/new">
            {t("rules.new")}
          </Button>
        )}
      </PageTitle>
      <Text mb="md" maw={760}>
        {t("rules.text")} <Link to="/alarms">{t("alarms.title")}</Link>
      </Text>
      <Loaded query={found} height={200}>
        {(rules) =>
          rules.length === 0 ? (
            <Paper className="panel" p="lg">
              <Text fw={600}>{t("rules.none")}</Text>
              <Text size="sm" className="quiet">
                {t("rules.noneText")}
              </Text>
            </Paper>
          ) : (
            <Paper className="panel" component="ul" m={0} p={0} style={{ listStyle: "none" }} aria-label={t("rules.title")}>
              {rules.map((rule) => (
                <Line key={rule.id} rule={rule} />
              ))}
            </Paper>
          )
        }
      </Loaded>
    </>
  );
}

function Line({ rule }: { rule: Rule }) {
  const { t } = useTexts();
  const { profile, device, site_id } = rule.where;
  const signal = (rule.definition.signal ?? {}) as { kind?: string; channel?: string; text?: string };
  const kind = KINDS.find((one) => one === signal.kind) ?? "value";
  const sites = useQuery(sitesQuery);
  const site = sites.data?.items.find(({ id }) => id === site_id)?.path.join(" › ");
  const place = device ?? profile ?? (site_id === null || site_id === undefined ? t("ruleScope.all") : (site ?? `#${site_id}`));
  return (
    <li className="rule-line">
      <PriorityMark priority={highest(rule)} />
      <span className="cut">
        <Link to="/alarms/rules/$id" params={{ id: String(rule.id) }} className="plain-link">
          {rule.name}
        </Link>
      </span>
      <span className="cut quiet">
        {t(`ruleKind.${kind}`)} {signal.channel ?? signal.text ?? ""} · {place}
      </span>
      <span className="quiet">{[rule.is_enabled ? "" : t("rules.off"), rule.is_rationalised ? "" : t("rules.unreasoned")].filter((one) => one !== "").join(" · ")}</span>
    </li>
  );
}

/** The highest priority of a rule's limits. */
function highest({ definition }: Rule): Priority {
  const limits = Object.values((definition.limits ?? {}) as Record<string, { priority: Priority }>).map(({ priority }) => priority);
  const own = isPriority(definition.priority) ? definition.priority : "low";
  return PRIORITIES.find((one) => limits.includes(one)) ?? own;
}
