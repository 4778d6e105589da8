"""DataButcher: machines that are claimed with a QR code, started and stopped over MQTT, and report by HTTP.

ids        the codes of machines, users and records, which look like MongoDB's
fleet      its machines as devices of Calha: codes, state, whether one is there
dialect    its MQTT topics: status in, commands out
wire       its HTTP bodies and answers
users, machines, readings, records    what its routes do
app        the routes
export, carry_over    its database, brought over
"""

SYSTEM = "databutcher"
PREFIX = "databutcher-"
PROFILE = "machine"
