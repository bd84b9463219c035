// Line charts side by side, as one SVG that needs nothing else.

const COLUMNS = 3;
const CELL = { width: 380, height: 270 };
const MARGIN = { left: 58, right: 22, top: 62, bottom: 44 };
const HEADER = 44;
/** Told apart by everybody. */
const COLORS = ['#1b1f24', '#0072b2', '#d55e00', '#009e73', '#aa4499', '#e69f00'];

const escape = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

function text(x, y, content, attributes = '') {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`;
}

const line = (x1, y1, x2, y2, stroke) =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" stroke="${stroke}"/>`;

/** 1500 as "1.5k". */
function short(value) {
  const [unit, suffix] = value >= 1e6 ? [1e6, 'M'] : value >= 1e3 ? [1e3, 'k'] : [1, ''];
  return `${Number((value / unit).toPrecision(3))}${suffix}`;
}

/** Round numbers from 0 to `most` or just beyond, about five of them. */
function linearTicks(most) {
  const rough = (most || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough);
  // What is beyond by a hair needs no tick of its own.
  return Array.from({ length: Math.ceil(most / step - 0.01) + 1 }, (_, number) => number * step);
}

/** 1, 2 and 5 times each power of ten, from `least` or just before to `most` or just beyond; powers alone if many. */
function logTicks(least, most) {
  const ticks = (factors) => {
    const all = [];
    for (let power = 10 ** Math.floor(Math.log10(least)); power <= most * 10; power *= 10) {
      all.push(...factors.map((factor) => factor * power));
    }
    const first = all.findLastIndex((tick) => tick <= least * (1 + 1e-9));
    const last = all.findIndex((tick) => tick >= most * (1 - 1e-9));
    return all.slice(first, Math.max(last, first + 1) + 1);
  };
  const fine = ticks([1, 2, 5]);
  return fine.length <= 7 ? fine : ticks([1]);
}

/** Ticks, and where a value stands between 0 and 1. `values` are all that are to be shown. */
function makeScale(kind, values) {
  const most = Math.max(...values);
  if (kind === 'even') {
    const ticks = [...new Set(values)].sort((a, b) => a - b);
    return { ticks, at: (value) => (ticks.indexOf(value) + 0.5) / ticks.length };
  }
  if (kind === 'log') {
    const ticks = logTicks(Math.min(...values), most);
    const [low, high] = [ticks[0], ticks.at(-1)].map(Math.log);
    return { ticks, at: (value) => (Math.log(value) - low) / (high - low) };
  }
  const ticks = linearTicks(most);
  return { ticks, at: (value) => value / ticks.at(-1) };
}

/** Names of the lines in their colours, one after another. */
function drawLegend(lines, colorOf, y) {
  let x = MARGIN.left;
  return lines.map(({ name }) => {
    const color = colorOf(name);
    const entry =
      `<circle cx="${x + 4}" cy="${y - 4}" r="3.5" fill="${color}"/>` + text(x + 12, y, name, `fill="${color}"`);
    x += 24 + name.length * 6.2;
    return entry;
  });
}

function drawLine(points, color, x, y) {
  const places = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
  // Many points are samples, of which only the line is of interest.
  const dots = points.length > 10 ? [] : places;
  return [
    `<polyline points="${places.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`,
    ...dots.map((place) => {
      const [cx, cy] = place.split(',');
      return `<circle cx="${cx}" cy="${cy}" r="3" fill="${color}"/>`;
    }),
  ];
}

function drawChart({ title, x: xAxis, y: yAxis, lines }, colorOf) {
  const points = lines.flatMap((one) => one.points);
  const xScale = makeScale(xAxis.scale, points.map(([at]) => at));
  const yScale = makeScale(yAxis.scale, points.map(([, value]) => value));
  const [left, right] = [MARGIN.left, CELL.width - MARGIN.right];
  const [top, bottom] = [MARGIN.top, CELL.height - MARGIN.bottom];
  const x = (value) => left + xScale.at(value) * (right - left);
  const y = (value) => bottom - yScale.at(value) * (bottom - top);
  // What was measured is marked below, unless it is a row of samples.
  const xTicks = xAxis.scale === 'linear' ? xScale.ticks : [...new Set(points.map(([at]) => at))];
  return [
    text(left, 16, title, 'font-weight="600" font-size="13" fill="#1b1f24"'),
    text(left, 33, yAxis.title, 'fill="#57606a"'),
    ...(lines.length > 1 ? drawLegend(lines, colorOf, 50) : []),
    ...yScale.ticks.flatMap((tick) => [
      line(left, y(tick), right, y(tick), '#e4e7eb'),
      text(left - 8, y(tick) + 4, short(tick), 'text-anchor="end" fill="#57606a"'),
    ]),
    line(left, bottom, right, bottom, '#8c959f'),
    ...xTicks.flatMap((tick) => [
      line(x(tick), bottom, x(tick), bottom + 4, '#8c959f'),
      text(x(tick), bottom + 17, short(tick), 'text-anchor="middle" fill="#57606a"'),
    ]),
    text((left + right) / 2, bottom + 34, xAxis.title, 'text-anchor="middle" fill="#57606a"'),
    ...lines.flatMap((one) => drawLine(one.points, colorOf(one.name), x, y)),
  ];
}

/**
 * The charts as the text of an SVG file. A chart has a title; `x` and `y`, each with a title and a scale: log, linear
 * from 0 on, or even; and `lines` with a name and points, [x, y] each. Logarithms are of what is over 0.
 */
export function drawCharts(title, charts) {
  const width = COLUMNS * CELL.width;
  const height = HEADER + Math.ceil(charts.length / COLUMNS) * CELL.height;
  // A line of the same name has the same colour in every chart.
  const names = [...new Set(charts.flatMap(({ lines }) => lines.map((one) => one.name)))];
  const colorOf = (name) => COLORS[names.indexOf(name) % COLORS.length];
  const cells = charts.map((chart, number) => {
    const [column, row] = [number % COLUMNS, Math.floor(number / COLUMNS)];
    const place = `translate(${column * CELL.width} ${HEADER + row * CELL.height})`;
    return `<g transform="${place}">\n${drawChart(chart, colorOf).join('\n')}\n</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    '  font-family="system-ui, sans-serif" font-size="11">',
    // Its own background, so that it can be read on a dark page as well.
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(20, 26, title, 'font-size="16" font-weight="600" fill="#1b1f24"'),
    ...cells,
    '</svg>\n',
  ].join('\n');
}
