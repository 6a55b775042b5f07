// What makes the panel quicker to use. Everything works without it.
(function () {
  "use strict";

  var find = function (selector, root) { return (root || document).querySelector(selector); };
  var all = function (selector, root) { return Array.from((root || document).querySelectorAll(selector)); };

  // The rows of a list: buttons know how many rows are ticked.
  function ticks(form) { return all('input[name="elids"]', form); }

  function count(form) {
    var boxes = ticks(form);
    var chosen = boxes.filter(function (box) { return box.checked; }).length;
    all("button[data-needs]", form).forEach(function (button) {
      button.disabled = chosen === 0 || (button.dataset.needs === "one" && chosen > 1);
    });
    var said = find("#chosen", form);
    if (said) { said.textContent = said.dataset.chosen + " " + chosen; }
    var every = find("#every", form);
    if (every) {
      every.closest("label").hidden = boxes.length === 0;
      every.checked = chosen > 0 && chosen === boxes.length;
      every.indeterminate = chosen > 0 && chosen < boxes.length;
    }
  }

  var lastTicked = null;

  function tick(event, form) {
    var box = event.target;
    var boxes = ticks(form);
    if (box.id === "every") {
      boxes.forEach(function (other) { other.checked = box.checked; });
    } else if (event.shiftKey && lastTicked && boxes.includes(lastTicked)) {
      var ends = [boxes.indexOf(lastTicked), boxes.indexOf(box)].sort(function (a, b) { return a - b; });
      boxes.slice(ends[0], ends[1] + 1).forEach(function (other) { other.checked = box.checked; });
    }
    lastTicked = box.name === "elids" ? box : null;
    count(form);
  }

  // A whole row can be pressed, except for what has a deed of its own.
  function pressRow(event) {
    var row = event.target.closest("#rows tbody tr");
    if (!row || event.target.closest("a, button, input, label") || String(window.getSelection())) { return; }
    var box = find('input[name="elids"]', row);
    if (box) { box.click(); }
  }

  // Search over the menu.
  function search(input) {
    var wanted = input.value.trim().toLowerCase();
    var box = find("#found");
    box.textContent = "";
    var links = wanted ? all("#menu a").filter(function (link) {
      var group = link.closest("details");
      var words = link.textContent + " " + link.search + " " + (group ? find("summary", group).textContent : "");
      return words.toLowerCase().includes(wanted);
    }) : [];
    links.slice(0, 12).forEach(function (link) {
      var copy = document.createElement("a");
      copy.href = link.getAttribute("href");
      copy.textContent = link.textContent.trim();
      box.appendChild(copy);
    });
    box.hidden = !box.firstChild;
  }

  function searchKey(event) {
    var box = find("#found");
    var links = [find("#find")].concat(all("a", box));
    var at = links.indexOf(document.activeElement);
    if (event.key === "Escape") { box.hidden = true; find("#find").focus(); return; }
    if (at < 0 || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) { return; }
    event.preventDefault();
    var next = links[at + (event.key === "ArrowDown" ? 1 : -1)];
    if (next) { next.focus(); }
  }

  // A form is sent once; the server sees to it too.
  function sent(event) {
    var form = event.target;
    if (!form.hasAttribute("data-once")) { return; }
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  }

  // What is chosen decides about other fields: the server makes the form anew.
  function changed(event) {
    var form = event.target.closest("form[data-alive]");
    if (!form || !window.htmx || !event.target.matches("select, input[type=checkbox]")) { return; }
    var values = {};
    new FormData(form).forEach(function (value, name) {
      values[name] = name in values ? [].concat(values[name], value) : value;
    });
    values.sv_field = event.target.name;
    var focused = event.target.id;
    window.htmx.ajax("POST", form.getAttribute("action"), {
      values: values, target: "#main", select: "#main", swap: "outerHTML"
    }).then(function () {
      var field = document.getElementById(focused);
      if (field) { field.focus(); }
    });
  }

  function begin() {
    document.documentElement.classList.add("script");
    all("#rows").forEach(count);
    all("form[data-once]").forEach(function (form) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
    all("form.size select").forEach(function (select) {
      select.onchange = function () { select.form.submit(); };
    });
  }

  document.addEventListener("change", changed);
  document.addEventListener("submit", sent);
  document.addEventListener("click", function (event) {
    var form = event.target.closest("#rows");
    if (form && event.target.matches('input[name="elids"], #every')) { tick(event, form); }
    pressRow(event);
    all("details.box[open]").forEach(function (box) {
      if (!box.contains(event.target)) { box.open = false; }
    });
    var found = find("#found");
    if (found && !event.target.closest(".find")) { found.hidden = true; }
  });
  document.addEventListener("input", function (event) {
    if (event.target.id === "find") { search(event.target); }
  });
  document.addEventListener("keydown", function (event) {
    var input = find("#find");
    if (input && (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "Escape" && event.target.closest("details.box[open]")) {
      var box = event.target.closest("details.box[open]");
      box.open = false;
      find("summary", box).focus();
    } else if (event.target.closest(".find")) {
      searchKey(event);
    }
  });
  // Whoever works with the keyboard stays where he was; what he pressed may be gone.
  document.addEventListener("htmx:afterSettle", function () {
    begin();
    if (document.activeElement === document.body && find("#main")) {
      find("#main").focus({preventScroll: true});
    }
  });
  window.addEventListener("pageshow", begin);
  begin();
})();
