import js from "@eslint/js";
import globals from "globals";

const DASH = { dash_clientside: "readonly", Plotly: "readonly" };

export default [
  { ignores: ["node_modules/", ".venv/", "assets/vendor/"] },
  js.configs.recommended,
  {
    rules: {
      "eqeqeq": "error",
      "no-shadow": "error",
      "no-unused-vars": ["error", { ignoreRestSiblings: true }],
      "no-use-before-define": ["error", { functions: false, variables: false }],
      "no-var": "error",
      "prefer-const": "error",
      "complexity": ["error", 20],
    },
  },
  { files: ["assets/js/**/*.js"], languageOptions: { globals: { ...globals.browser, ...DASH } } },
  { files: ["assets/clientside.js"], languageOptions: { sourceType: "script", globals: { ...globals.browser, React: "readonly" } } },
  { files: ["tests/support/*.js"], languageOptions: { sourceType: "script", globals: globals.browser } },
  { files: ["tests/js/**/*.js", "eslint.config.js"], languageOptions: { globals: globals.node } },
];
