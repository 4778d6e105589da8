"""Texts of a gateway's own status page, in Portuguese and English."""

from typing import Literal

Language = Literal["pt-BR", "en"]

TEXTS: dict[Language, dict[str, str]] = {
    "pt-BR": {
        "title": "Gateway {gateway}",
        "linked": "Ligado a {hub} desde {since}",
        "cut": "Sem ligação com {hub} desde {since}",
        "cut_help": "O que os dispositivos enviam é gravado aqui em disco e entregue quando a ligação voltar.",
        "error": "Último erro: {error}",
        "waiting": "Esperando",
        "messages": "{n} mensagens, {size}",
        "nothing": "nada",
        "oldest": "Mais antiga",
        "age": "há {age}",
        "live": "Ao vivo",
        "backlog": "Atrasadas",
        "lane": "{n} mensagens, atraso de {age}",
        "in_time": "em dia",
        "taken": "Recebidas de dispositivos",
        "since_start": "{n} desde {since}",
        "refused": "Recusadas",
        "doors": "Escuta em",
        "devices": "Dispositivos conhecidos",
        "no_devices": "nenhum: o servidor ainda não disse quais estão atrás deste gateway",
        "disk": "Disco",
        "part": "Parte",
        "used": "Ocupado",
        "of": "de",
        "full_help": "Quando o registro enche, novas mensagens são recusadas; nada gravado é descartado.",
        "troubles": "Tarefas com problemas",
        "version": "Calha {version}. Esta página se atualiza sozinha a cada {n} s.",
        "other": "English",
        "OUTBOX": "Mensagens para o servidor",
        "$MQTT_msgs": "Mensagens MQTT ainda não lidas",
        "log": "Tudo",
    },
    "en": {
        "title": "Gateway {gateway}",
        "linked": "Linked to {hub} since {since}",
        "cut": "Not linked to {hub} since {since}",
        "cut_help": "What devices send is written to disk here, and handed over when the link is back.",
        "error": "Last error: {error}",
        "waiting": "Waiting",
        "messages": "{n} messages, {size}",
        "nothing": "nothing",
        "oldest": "Oldest",
        "age": "{age} ago",
        "live": "Live",
        "backlog": "Backlog",
        "lane": "{n} messages, {age} behind",
        "in_time": "in time",
        "taken": "Taken from devices",
        "since_start": "{n} since {since}",
        "refused": "Refused",
        "doors": "Listens on",
        "devices": "Known devices",
        "no_devices": "none: the hub has not said yet which are behind this gateway",
        "disk": "Disk",
        "part": "Part",
        "used": "Used",
        "of": "of",
        "full_help": "When the log is full, new messages are refused; nothing that is stored is discarded.",
        "troubles": "Tasks in trouble",
        "version": "Calha {version}. This page refreshes itself every {n} s.",
        "other": "Português",
        "OUTBOX": "Messages for the hub",
        "$MQTT_msgs": "MQTT messages not read yet",
        "log": "Everything",
    },
}


def chosen(asked: str | None, accepted: str) -> Language:
    """asked: `?lang=`; accepted: Accept-Language."""
    wanted = asked or accepted.partition(",")[0]
    return "pt-BR" if wanted.strip().lower().startswith("pt") else "en"
