"""What the tasks and processes of Calha are for, in the words of who operates it.

Logs and metrics name a task as the code does; events, warnings and the System page call it by its title.
"""

from typing import Final

Text = dict[str, str]  # by language: pt, en

_TITLES: Final = {
    "alarm news": ("Mudanças de alarmes ao vivo", "Live changes of alarms"),
    "alarm notices": ("Avisos de alarmes", "Notices of alarms"),
    "alarms": ("Alarmes", "Alarms"),
    "anomalies": ("Anomalias", "Anomalies"),
    "coiot": ("Dispositivos do COIOT", "Devices of COIOT"),
    "commands": ("Comandos", "Commands"),
    "databutcher": ("Dispositivos do DataButcher", "Devices of DataButcher"),
    "databutcher machines": ("Máquinas do DataButcher", "Machines of DataButcher"),
    "eta": ("Clientes do ETA flow", "Clients of ETA flow"),
    "flumes": ("Vazão de calhas", "Flow of flumes"),
    "gate": ("Porteiro do MQTT", "Gatekeeper of MQTT"),
    "gateways": ("Gateways", "Gateways"),
    "hidrometro": ("Clientes do Hidrômetro Inteligente", "Clients of Hidrômetro Inteligente"),
    "hidrometro-live": ("Hidrômetro Inteligente ao vivo", "Hidrômetro Inteligente, live"),
    "hidrometro-mqtt": ("Medidores do Hidrômetro Inteligente (MQTT)", "Meters of Hidrômetro Inteligente (MQTT)"),
    "hidrometro-node": ("Medidores do Hidrômetro Inteligente (HTTP)", "Meters of Hidrômetro Inteligente (HTTP)"),
    "housekeeping": ("Manutenção do banco de leituras", "Upkeep of the store"),
    "log": ("Registro durável", "Durable log"),
    "mail": ("Envio de e-mail", "Sending of e-mail"),
    "notifications": ("Envio de notificações", "Sending of notifications"),
    "old commands": ("Limpeza de comandos antigos", "Clearing of old commands"),
    "old notices": ("Limpeza de avisos antigos", "Clearing of old notices"),
    "opcua": ("Conexões OPC UA", "OPC UA connections"),
    "pix charges": ("Cobranças Pix", "Pix charges"),
    "presence": ("Presença dos dispositivos", "Presence of devices"),
    "process core": ("Processo principal", "Main process"),
    "process log server": ("Servidor do registro", "Log server"),
    "registry": ("Cadastro", "Registry"),
    "reports": ("Relatórios agendados", "Scheduled reports"),
    "retention": ("Limpeza de leituras antigas", "Clearing of old readings"),
    "sensorflow": ("Dispositivos do SensorFlow", "Devices of SensorFlow"),
    "tcp": ("Recepção por TCP", "Reception over TCP"),
    "validation": ("Validação de consumo", "Validation of consumption"),
    "warnings": ("Avisos de consumo aos clientes", "Warnings of consumption to customers"),
    "writer": ("Gravação de leituras", "Writing of readings"),
}
_NUMBERED: Final = {
    "broker ": ("Broker MQTT {}", "MQTT broker {}"),
    "mqtt-": ("Recepção por MQTT ({})", "Reception over MQTT ({})"),
}
_STATES: Final = {
    "starting": ("iniciando", "starting"),
    "restarting": ("reiniciando", "restarting"),
    "stopped": ("parada", "stopped"),
}


def title_of(task: str) -> Text:
    """What a task is called; its name where nobody has found words for it."""
    for begin, (pt, en) in _NUMBERED.items():
        if task.startswith(begin):
            which = task.removeprefix(begin)
            return {"pt": pt.format(which), "en": en.format(which)}
    return _text(_TITLES.get(task, (task, task)))


def state_of(state: str) -> Text:
    """In which state a task is that does not run."""
    return _text(_STATES.get(state, (state, state)))


def _text(words: tuple[str, str]) -> Text:
    return {"pt": words[0], "en": words[1]}
