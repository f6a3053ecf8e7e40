// What is known of an app before it is built: its name, its settings.
#pragma once

#include <memory>
#include <string>

#include <pando/meta/sequence.hpp>
#include <pando/schema/type.hpp>

namespace pando {

/// One struct of settings of an app, and where its value is.
struct settings_part {
  schema::type const* type;
  std::shared_ptr<void> value;
};

/// What is known of an app before it is built.
struct app_setup {
  std::string name{}; ///< empty: the program's
  detail::sequence<settings_part> settings{};
};

} // namespace pando
