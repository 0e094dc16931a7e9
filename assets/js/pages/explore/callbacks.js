/* What Dash calls of Explore in the browser. */
window.dash_clientside = window.dash_clientside || {};
window.dash_clientside.explore = {
  configure: (...values) => FuseVis.explore.configure(...values),
  open: (view, start) => { if (view) FuseVis.explore.open(view, start); },
  go: (row, col) => { FuseVis.explore.go(row, col); },
  settle: (found) => { FuseVis.commits.settle(found); },
  scattered: (found) => { FuseVis.scatterFigure.take(found); },
  hovered: (found) => { FuseVis.enlarged.hovered(found); },
  clicked: (found) => { FuseVis.enlarged.clicked(found); },
  colorless: (view) => {
    if (view && view.refused) return dash_clientside.no_update;
    return Boolean(view) && !view.has_color;
  },
};
