"""What the simulated PLC calls its variables, as the real controller does; the blank before `.Application` is no mistake."""

from typing import Final

NAMESPACES: Final = (
    "http://opcfoundation.org/UA/DI/",
    "http://PLCopen.org/OpcUa/IEC61131-3/",
    "CODESYSSPV3/3S/IecVarAccess",
)
NAMESPACE_INDEX: Final = 4
APPLICATION: Final = "|var|Plc3 V3.5.19.61-77f4 192.168.119.204 .Application"
LOAD_FOLDER_NODES: Final = 100


def node_id(variable: str) -> str:
    """The node id of a variable of the program: `GVL.vazao_saida1`, or its last part for those in GVL."""
    path = variable if "." in variable else f"GVL.{variable}"
    return f"ns={NAMESPACE_INDEX};s={APPLICATION}.{path}"


def load_folder(number: int) -> str:
    """The folder of a load variable, counted from 0."""
    return f"CARGA{number // LOAD_FOLDER_NODES + 1:03d}"


def load_variable(number: int) -> str:
    return f"v{number + 1:05d}"
