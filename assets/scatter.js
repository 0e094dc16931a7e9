/* The scatterplot while the pointer moves: every pixel as a grey dot, drawn once, and the window's in green. */
window.FuseVis = window.FuseVis || {};

FuseVis.scatter = (() => {
  "use strict";

  const MARGIN = 34; // as in dashboard/figures.py, in CSS pixels
  let ground = null;

  /** The range of an axis: the values with a little room, as in dashboard/figures.py. */
  function range(values) {
    let low = Infinity, high = -Infinity;
    for (let i = 0; i < values.length; i += 1) {
      if (values[i] < low) low = values[i];
      if (values[i] > high) high = values[i];
    }
    const room = 0.04 * (high - low) || 0.5;
    return [low - room, high + room];
  }

  function places(guidance, width, height) {
    const [x0, x1] = guidance.rangeX, [y0, y1] = guidance.rangeY;
    return [(value) => ((value - x0) / (x1 - x0)) * width, (value) => (1 - (value - y0) / (y1 - y0)) * height];
  }

  /** All dots, kept until guidance or the size changes. */
  function grounded(guidance, width, height) {
    const key = `${guidance.serial}/${width}/${height}`;
    if (ground && ground.key === key) return ground.canvas;
    const canvas = document.createElement("canvas");
    canvas.width = width;
    canvas.height = height;
    const context = canvas.getContext("2d");
    const [x, y] = places(guidance, width, height);
    context.fillStyle = "rgba(138, 138, 138, 0.7)";
    const side = Math.max(window.devicePixelRatio || 1, 1);
    for (let i = 0; i < guidance.first.length; i += 1) {
      context.fillRect(x(guidance.first[i]), y(guidance.second[i]), side, side);
    }
    ground = { key, canvas };
    return canvas;
  }

  /** Draw the plot for the window around the state's pixel. */
  function draw(panel, guidance, state) {
    const context = FuseVis.panels.fit(panel.canvas);
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = panel.canvas;
    context.clearRect(0, 0, width, height);
    if (!guidance || !state.pixel) return;
    const edge = Math.round(MARGIN * ratio);
    const inner = [width - edge, height - edge];
    context.fillStyle = getComputedStyle(panel.plot).backgroundColor;
    context.fillRect(edge, 0, ...inner);
    context.drawImage(grounded(guidance, ...inner), edge, 0);
    context.fillStyle = "#2fbf5b";
    const [x, y] = places(guidance, ...inner);
    const size = 3 * ratio;
    eachInWindow(state, (i) =>
      context.fillRect(edge + x(guidance.first[i]) - size / 2, y(guidance.second[i]) - size / 2, size, size));
    const at = state.pixel.row * state.width + state.pixel.col;
    context.strokeStyle = "#ff3b30";
    context.lineWidth = 1.5 * ratio;
    context.beginPath();
    context.arc(edge + x(guidance.first[at]), y(guidance.second[at]), 4.5 * ratio, 0, 2 * Math.PI);
    context.stroke();
  }

  function eachInWindow(state, visit) {
    const half = Math.floor(state.window / 2);
    const { row, col } = state.pixel;
    const bottom = Math.min(row + half, state.height - 1), right = Math.min(col + half, state.width - 1);
    for (let r = Math.max(row - half, 0); r <= bottom; r += 1) {
      for (let c = Math.max(col - half, 0); c <= right; c += 1) visit(r * state.width + c);
    }
  }

  return { draw, range };
})();
