"use strict";
// Switching, dividing and sizing; without this script the saved file is shown.
(() => {
  const byId = (name) => document.getElementById(name);
  const toggle = byId("toggle");
  if (!toggle) return;
  const [divide, zoom, outline, part, shown] = ["divide", "zoom", "outline", "part", "shown"].map(byId);
  const views = [...document.querySelectorAll(".view")];
  let original = false;

  // One pixel of the photo is one pixel of the screen: CSS pixels are larger by this ratio.
  function size() {
    for (const stage of document.querySelectorAll(".stage")) {
      const { width, height } = stage.dataset;
      const room = stage.closest("section").clientWidth - 44;
      const factor = zoom.value === "fit" ? Math.min(1, room / width) : zoom.value / devicePixelRatio;
      stage.style.width = `${width * factor}px`;
      stage.style.height = `${height * factor}px`;
      snap(stage);
    }
  }

  // Begin on a whole pixel of the screen, or every pixel of the photo would be spread over two.
  function snap(stage) {
    stage.style.left = stage.style.top = "0";
    const { left, top } = stage.getBoundingClientRect();
    const rest = (place) => (Math.round(place * devicePixelRatio) - place * devicePixelRatio) / devicePixelRatio;
    stage.style.left = `${rest(left + scrollX)}px`;
    stage.style.top = `${rest(top + scrollY)}px`;
  }

  function draw() {
    const share = original ? 0 : Number(divide.value);
    for (const stage of document.querySelectorAll(".stage")) {
      stage.querySelector(".result").style.clipPath = `inset(0 ${100 - share}% 0 0)`;
      const line = stage.querySelector(".line");
      line.hidden = share === 0 || share === 100;
      line.style.left = `${share}%`;
    }
    const text = share === 0 ? "original" : share === 100 ? "result" : "result on the left, original on the right";
    divide.setAttribute("aria-valuetext", text);
    shown.textContent = text;
  }

  function flip() {
    if (divide.value === "0") { divide.value = 100; original = false; } else { original = !original; }
    draw();
  }

  toggle.addEventListener("click", flip);
  divide.addEventListener("input", () => { original = false; draw(); });
  zoom.addEventListener("change", size);
  outline.addEventListener("change", () => {
    for (const face of document.querySelectorAll(".face")) face.hidden = !outline.checked;
  });
  if (part) part.addEventListener("change", () => {
    views.forEach((view, index) => { view.hidden = String(index) !== part.value; });
    size();
  });
  document.addEventListener("keydown", (event) => {
    const control = event.target.closest("button, select, input[type=checkbox]");
    if (event.code === "Space" && !control) { event.preventDefault(); flip(); }
  });
  for (const stage of document.querySelectorAll(".stage")) stage.addEventListener("click", flip);
  addEventListener("resize", size);
  Promise.all([...document.querySelectorAll(".stage img")].map((image) => image.decode())).then(() => {
    document.body.dataset.ready = "yes";
  });
  size();
  draw();
})();
