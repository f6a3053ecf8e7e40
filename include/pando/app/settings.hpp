// Settings: a struct like any other, filled from flags, environment, a file and its defaults.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <pando/app/setup.hpp>
#include <pando/config.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/violation.hpp>

namespace pando {

/// Where the value of a field came from.
struct setting_origin {
  std::string name;   ///< the field
  std::string value;  ///< as JSON, secrets masked
  std::string origin; ///< "flag --smtp-host", "environment SHOP_SMTP_HOST", "shop.json", "default"
};

/// Fills the parts from `flags` (a JSON object of what was given on the command line; it may hold
/// other keys), the environment as `APP_NAME`, the file (a JSON object, when it exists) and
/// defaults,
/// the first of these winning. All violations of all parts at once; the values are only touched
/// when
/// there is none. Gives the origin of every field.
detail::sequence<setting_origin> load_settings(std::span<settings_part const> parts,
                                                std::string_view app, std::string const& file,
                                                std::string_view flags, violations& faults);

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/app/impl/settings.ipp>
#endif
