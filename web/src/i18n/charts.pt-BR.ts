/** What stands around charts. */
export const chartsPtBR = {
  "chart.level": "Cada ponto: média de {resolution}; a faixa mostra o menor e o maior valor",
  "chart.passing": "os detalhes estão chegando…",
  "chart.lost": "Sem conexão: como estava em {time}, {age}",
  "chart.key": "Marcas no gráfico",
  "chartKey.estimated": "estimado ou substituído",
  "chartKey.suspect": "duvidoso",
  "chartKey.bad": "leitura ruim, sem valor",
  "chart.export": "Exportar",
  "chart.menuOf": "{name}: tabela, cópia, arquivos",
  "chart.tableCut": "As {n} linhas mais novas de {all}; para ver as outras, escolha um período menor ou exporte.",
  "chart.copy": "Copiar tabela",
  "chart.copied": "{n} {n|linha copiada|linhas copiadas}",
  "chart.csvShown": "Planilha do que está na tela (CSV)",
  "chart.png": "Imagem (PNG)",
};
