/** Owns: how the hosted page looks. Inline, because the page loads nothing from anywhere. */
export const CHECKOUT_STYLE = `
:root {
  color-scheme: light dark;
  --page: #eef0f4; --card: #ffffff; --side: #f7f8fb; --ink: #14171f; --soft: #596174;
  --line: #d9dde6; --edge: #868ea1; --accent: #2f4ad0; --accent-ink: #ffffff; --accent-soft: #eaedfb;
  --bad: #a8201a; --bad-soft: #fdeeed; --good: #14703c; --note: #6b4d00; --note-soft: #fff4d6;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #10131a; --card: #191d27; --side: #151922; --ink: #eef0f5; --soft: #a3abbd;
    --line: #2e3545; --edge: #6d768c; --accent: #8fa2ff; --accent-ink: #0d1230; --accent-soft: #232b4d;
    --bad: #ff9d96; --bad-soft: #3a1d1e; --good: #6fdc9f; --note: #ffd978; --note-soft: #33290f;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; background: var(--page); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
.strip {
  padding: 8px 20px; text-align: center; font-size: 14px;
  background: var(--note-soft); color: var(--note);
}
main {
  display: grid; grid-template-columns: minmax(0, 5fr) minmax(0, 6fr);
  max-width: 940px; margin: 40px auto; overflow: hidden;
  background: var(--card); border: 1px solid var(--line); border-radius: 14px;
  box-shadow: 0 12px 36px rgb(10 15 40 / 10%);
}
main.single { display: block; max-width: 480px; padding: 40px 36px; text-align: center; }
section { padding: 36px; min-width: 0; }
.summary { background: var(--side); border-right: 1px solid var(--line); }
h1 { margin: 0; font-size: 17px; font-weight: 600; overflow-wrap: anywhere; }
.order { margin: 2px 0 0; color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.amount {
  margin: 24px 0; font-size: 34px; line-height: 1.2; font-weight: 650; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
.amount small { font-size: 16px; font-weight: 500; color: var(--soft); letter-spacing: 0; }
table { width: 100%; border-collapse: collapse; font-size: 15px; }
caption { text-align: left; font-size: 13px; color: var(--soft); padding-bottom: 6px; }
th, td { padding: 10px 0; border-top: 1px solid var(--line); vertical-align: top; }
th { text-align: left; font-weight: 400; padding-right: 16px; overflow-wrap: anywhere; }
td { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tfoot th, tfoot td { font-weight: 650; border-top: 2px solid var(--line); }
.until { margin: 20px 0 0; font-size: 13px; color: var(--soft); }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; margin-bottom: 12px; font-size: 18px; font-weight: 600; }
.mode { position: absolute; opacity: 0; width: 1px; height: 1px; }
.tab {
  display: inline-flex; align-items: center; justify-content: center; width: calc(50% - 4px);
  min-height: 44px; border: 1px solid var(--edge); border-radius: 9px; cursor: pointer;
  font-weight: 550;
}
.tab + .mode + .tab { margin-left: 8px; }
.mode:checked + .tab { border-color: var(--accent); background: var(--accent-soft); }
.mode:checked + .tab { box-shadow: inset 0 0 0 1px var(--accent); }
.mode:focus-visible + .tab { outline: 3px solid var(--accent); outline-offset: 2px; }
.panel { margin-top: 20px; }
#mode-upi:checked ~ .panel-card, #mode-card:checked ~ .panel-upi { display: none; }
.field { margin-bottom: 16px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; }
.field label { display: block; margin-bottom: 5px; font-size: 14px; font-weight: 550; }
.field input {
  width: 100%; min-height: 46px; padding: 10px 12px; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--edge); border-radius: 9px;
}
.field input:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
.field input[aria-invalid="true"] { border-color: var(--bad); }
.mistake { margin: 5px 0 0; color: var(--bad); font-size: 14px; }
.keep { display: flex; gap: 10px; align-items: flex-start; margin: 4px 0 20px; font-size: 14px; }
.keep input { width: 18px; height: 18px; margin: 2px 0 0; accent-color: var(--accent); flex: none; }
.button {
  display: block; width: 100%; min-height: 50px; padding: 12px 20px; border: 0;
  border-radius: 9px; background: var(--accent); color: var(--accent-ink);
  font: inherit; font-weight: 650; text-align: center; text-decoration: none; cursor: pointer;
}
.button:hover { filter: brightness(1.08); }
.button:focus-visible, a:focus-visible, summary:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 6px;
}
.back { display: block; margin-top: 16px; text-align: center; font-size: 14px; color: var(--soft); }
.notice {
  margin: 0 0 20px; padding: 12px 14px; border-radius: 9px; font-size: 14px;
  background: var(--bad-soft); color: var(--bad);
}
.notice p { margin: 0; }
.notice ul { margin: 6px 0 0; padding-left: 18px; }
.notice a { color: inherit; }
details { margin-top: 24px; border-top: 1px solid var(--line); padding-top: 16px; font-size: 14px; }
summary { cursor: pointer; font-weight: 550; }
details table { margin-top: 8px; font-size: 13px; }
details th { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
details td { white-space: normal; color: var(--soft); }
.mark { width: 56px; height: 56px; margin: 0 auto 16px; display: block; }
.single .amount { margin: 12px 0; }
.single p { color: var(--soft); margin: 8px 0 24px; }
.single h1 { font-size: 22px; }
@media (max-width: 720px) {
  main { grid-template-columns: 1fr; margin: 0; border: 0; border-radius: 0; box-shadow: none; }
  main.single { margin: 0; padding: 40px 24px; min-height: 80vh; }
  .summary { border-right: 0; border-bottom: 1px solid var(--line); }
  section { padding: 24px 20px; }
  .amount { margin: 14px 0; font-size: 30px; }
}
@media (prefers-reduced-motion: no-preference) {
  .button, .tab, .field input { transition: filter .12s, border-color .12s, background .12s; }
}
`;
