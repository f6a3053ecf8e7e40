// Listing the apps that run.
#include "apps.hpp"

#include <pando/cli/detail/value.hpp>
#include <pando/cli/render.hpp>
#include <pando/cli/run.hpp>

namespace pando_tool {

namespace detail = pando::cli::detail;

std::string names_of(std::vector<pando::cli::running_app> const& apps) {
  std::string names;
  for (auto const& app : apps) (names += names.empty() ? "" : ", ") += app.name;
  return names;
}

int list_apps(bool json, pando::cli::terminal& shown) {
  auto const apps = pando::cli::running_apps();
  auto rows = detail::json_array();
  for (auto const& app : apps) {
    auto& row = rows.items.emplace_back(detail::json_object());
    row.member("name") = detail::json_string(app.name);
    row.member("pid") = detail::json_number(std::to_string(app.process));
    row.member("socket") = detail::json_string(app.socket);
    auto const& what = app.description;
    row.member("version") = what ? detail::json_string(what->version) : detail::json_value{};
    row.member("routes") =
        what ? detail::json_number(std::to_string(what->routes.size())) : detail::json_value{};
  }
  auto const text = detail::json_text_of(rows);
  if (json)
    shown.write(text + "\n");
  else if (!apps.empty())
    shown.write(pando::cli::render_json(text, shown.layout_of_output()));
  for (auto const& app : apps)
    if (!app.trouble.empty()) shown.write_error("pando: " + app.name + ": " + app.trouble + "\n");
  if (!apps.empty()) return pando::cli::exit_success;
  shown.write_error("pando: no app is running\n");
  return pando::cli::exit_not_running;
}

} // namespace pando_tool
