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

  // Search: pages of the menu at once, records as soon as the server answers. The input keeps the
  // focus; the arrows go through the hits, which is what a combobox does.
  var asking = { timer: 0, abort: null };

  function option(hit) {
    var link = document.createElement("a");
    link.href = hit.href;
    link.tabIndex = -1;
    link.setAttribute("role", "option");
    link.setAttribute("aria-selected", "false");
    link.textContent = hit.name;
    if (hit.about) {
      var about = document.createElement("small");
      about.textContent = hit.about;
      link.append(" ", about);
    }
    return link;
  }

  function group(name, hits) {
    var part = document.createElement("div");
    part.setAttribute("role", "group");
    part.setAttribute("aria-label", name);
    var head = document.createElement("p");
    head.className = "group-name";
    head.setAttribute("aria-hidden", "true");
    head.textContent = name;
    part.append(head);
    hits.forEach(function (hit) { part.append(option(hit)); });
    return part;
  }

  function chosenHit(input) {
    return document.getElementById(input.getAttribute("aria-activedescendant") || "");
  }

  // Makes one hit the chosen one, or none.
  function choose(input, links, at) {
    links.forEach(function (link, place) { link.setAttribute("aria-selected", String(place === at)); });
    if (!links[at]) { input.removeAttribute("aria-activedescendant"); return; }
    links[at].scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", links[at].id);
  }

  // Pages stay where they are while records come below them: nothing moves under a pointer.
  function showPages(pages) {
    var box = find("#found");
    var input = find("#find");
    box.textContent = "";
    if (pages.length) { box.append(group(box.dataset.pages, pages)); }
    choose(input, [], -1);
    opened(box, input);
  }

  function showRecords(records) {
    var box = find("#found");
    if (records.length) { box.append(group(box.dataset.records, records)); }
    opened(box, find("#find"));
    sayFound();
  }

  function opened(box, input) {
    var links = all("a", box);
    links.forEach(function (link, at) { link.id = "hit-" + at; });
    box.hidden = !links.length;
    input.setAttribute("aria-expanded", String(!box.hidden));
  }

  // Said once all is there, not with every key.
  function sayFound() {
    var count = find("#found-count");
    var hits = all("#found a").length;
    count.textContent = hits ? count.dataset.found + " " + hits : count.dataset.none;
  }

  function pagesOf(wanted) {
    return all("#menu a:not(.waits)").filter(function (link) {
      var group = link.closest("details");
      var words = link.textContent + " " + link.search + " " + (group ? find("summary", group).textContent : "");
      return words.toLowerCase().includes(wanted);
    }).slice(0, 8).map(function (link) {
      return { href: link.getAttribute("href"), name: link.textContent.trim() };
    });
  }

  function textOf(hit, name) { return (hit[name] && hit[name].$) || ""; }

  function recordsOf(answer) {
    var found = answer.doc && answer.doc.found;
    return ((found && found.elem) || []).map(function (hit) {
      var about = [textOf(hit, "title"), textOf(hit, "about")].filter(Boolean).join(" · ");
      return { href: "?" + textOf(hit, "query"), name: textOf(hit, "name"), about: about };
    });
  }

  function stopAsking() {
    window.clearTimeout(asking.timer);
    if (asking.abort) { asking.abort.abort(); }
    asking.abort = null;
  }

  function search(input) {
    var wanted = input.value.trim();
    var pages = wanted ? pagesOf(wanted.toLowerCase()) : [];
    stopAsking();
    showPages(pages);
    find("#found-count").textContent = "";
    if (Array.from(wanted).length < 2) {
      if (wanted) { sayFound(); }
      return;
    }
    asking.timer = window.setTimeout(function () {
      var abort = asking.abort = new AbortController();
      var query = new URLSearchParams({ func: "find", out: "json", lang: document.documentElement.lang, q: wanted });
      var show = function (records) { if (abort === asking.abort) { showRecords(records); } };
      window.fetch("?" + query, { signal: abort.signal, credentials: "same-origin" })
        .then(function (reply) { return reply.json(); })
        .then(function (answer) { show(recordsOf(answer)); })
        .catch(function () { show([]); });
    }, 150);
  }

  function closeFound() {
    var input = find("#find");
    stopAsking();
    find("#found").hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function searchKey(event) {
    var input = find("#find");
    var links = find("#found").hidden ? [] : all("#found a");
    var at = links.indexOf(chosenHit(input));
    if (event.key === "Escape") { closeFound(); input.focus(); return; }
    if (event.key === "Enter" && at >= 0) { event.preventDefault(); window.location.assign(links[at].href); return; }
    if (event.key === "Tab") { closeFound(); return; }
    if (event.key === "ArrowDown" && !links.length && input.value) { search(input); }
    if (!links.length || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) { return; }
    event.preventDefault();
    var next = event.key === "ArrowDown" ? at + 1 : at - 1;
    if (at < 0 && event.key === "ArrowUp") { next = links.length - 1; }
    choose(input, links, next);
  }

  // Only with script is it more than a field that is sent.
  function beginSearch() {
    var input = find("#find");
    if (!input || input.hasAttribute("role")) { return; }
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "found");
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
    beginSearch();
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
    if (found && !event.target.closest(".find")) { closeFound(); }
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
