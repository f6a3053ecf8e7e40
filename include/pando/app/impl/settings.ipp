// Settings from four places: what a stronger place says, a weaker one is not asked for.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <utility>

#include <sys/stat.h>

#include <pando/app/settings.hpp>
#include <pando/cli/run.hpp>
#include <pando/meta/owner.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/text_source.hpp>
#include <pando/socket/json_text.hpp>

namespace pando {

namespace detail {

/// A default-constructed value of a type known by its table.
class table_value {
 public:
  explicit table_value(schema::type const& type)
      : type_(type), memory_(::operator new(type.size, std::align_val_t(type.align))) {
    type.construct(memory_);
  }
  table_value(table_value const&) = delete;
  ~table_value() {
    type_.destroy(memory_);
    ::operator delete(memory_, std::align_val_t(type_.align));
  }
  void* get() const noexcept { return memory_; }

 private:
  schema::type const& type_;
  void* memory_;
};

/// SHOP_SMTP_HOST for the field `smtp_host` of the app `shop`.
inline std::string environment_name(std::string_view app, std::string_view field) {
  std::string name = std::string(app) + "_" + std::string(field);
  for (char& c : name) {
    auto const code = static_cast<unsigned char>(c);
    c = std::isalnum(code) != 0 ? static_cast<char>(std::toupper(code)) : '_';
  }
  return name;
}

/// --smtp-host for the field `smtp_host`.
inline std::string flag_name(std::string_view field) {
  std::string name = "--" + std::string(field);
  std::replace(name.begin() + 2, name.end(), '_', '-');
  return name;
}

/// Settings as they were given: each name with the text of its value.
struct given_setting {
  std::string name;
  std::string_view text;
  bool is_known = false; ///< some part has it
};
using given_settings = sequence<given_setting>;

inline given_setting* find_setting(given_settings& among, std::string_view name) {
  for (auto& one : among)
    if (one.name == name) return &one;
  return nullptr;
}

/// The members of a JSON object that is known to be one; of two with one name the last.
inline given_settings members_of(std::string_view object) {
  given_settings all;
  socket::detail::json_text text(object);
  std::string_view key;
  std::string_view value;
  if (!text.enter('{')) return all;
  while (text.key(key) && text.value(value)) {
    std::string name(key);
    violations none;
    if (key.find('\\') != key.npos) json::decode("\"" + std::string(key) + "\"", name, none);
    if (auto* const before = find_setting(all, name))
      before->text = value;
    else
      all.push_back({std::move(name), value});
  }
  return all;
}

struct any_object {}; ///< whose members are all unknown

/// Reads the settings' file into `text`, where its object is when it has one.
inline given_settings read_settings_file(std::string const& file, std::string& text,
                                         violations& faults) {
  if (file.empty()) return {};
  struct ::stat what {};
  if (::stat(file.c_str(), &what) != 0) return {};
  std::string why;
  if (!S_ISREG(what.st_mode) || !cli::detail::read_whole_file(file, text, why)) {
    faults.add(file, "file", "cannot be read");
    return {};
  }
  any_object object;
  violations found;
  if (json::decode(text, object, found, {.ignore_unknown = true})) return members_of(text);
  auto const& first = found.list.front();
  faults.add(file, "syntax", first.rule == "type" ? "must hold one JSON object" : first.message);
  return {};
}

/// Fills one struct, and says where each field came from.
class settings_loader {
 public:
  settings_loader(settings_part const& part, std::string_view app, std::string const& file,
                  given_settings& flags, given_settings& from_file, violations& faults)
      : part_(part), app_(app), file_(file), flags_(flags), from_file_(from_file), faults_(faults) {
  }

  /// Reads into `value`; the origins are appended to `origins`.
  void load(void* value, detail::sequence<setting_origin>& origins) {
    violations found;
    schema::text_source texts(*part_.type, value, found);
    std::string rest;
    auto const& fields = part_.type->fields;
    for (std::size_t i = 0; i < fields.size(); ++i)
      origins.push_back({std::string(fields[i].name), {}, load_field(texts, i, rest)});
    auto const given = texts.present();
    texts.finish_part(); // what is wrong with these must not hide what is wrong elsewhere
    json::decode("{" + rest + "}", *part_.type, value, found, {.present = given});
    for (auto& fault : found.list) tell(fault);
  }

 private:
  std::string load_field(schema::text_source& texts, std::size_t index, std::string& rest) {
    auto const name = part_.type->fields[index].name;
    auto const flag = flag_name(name);
    auto* const in_file = find_setting(from_file_, name);
    std::string origin = "default";
    if (auto const* const given = find_setting(flags_, name)) {
      add(name, given->text, rest);
      origin = "flag " + flag;
    } else if (auto const* const text = std::getenv(environment_name(app_, name).c_str())) {
      texts.set_field(index, text);
      origin = "environment " + environment_name(app_, name);
    } else if (in_file != nullptr) {
      add(name, in_file->text, rest);
      origin = file_;
    }
    if (in_file != nullptr) in_file->is_known = true;
    return origin;
  }

  static void add(std::string_view name, std::string_view value, std::string& rest) {
    if (!rest.empty()) rest += ',';
    rest += '"';
    rest += name;
    rest += "\":";
    rest += value;
  }

  /// A missing setting is told with every place it may be given in.
  void tell(violation& fault) {
    auto const name = fault.path.starts_with('/') ? fault.path.substr(1) : fault.path;
    auto message = std::move(fault.message);
    if (fault.rule == "required")
      message += "; give it as " + flag_name(name) + ", " + environment_name(app_, name) +
                 (file_.empty() ? "" : " or \"" + name + "\" in " + file_);
    faults_.add(name, fault.rule, std::move(message));
  }

  settings_part const& part_;
  std::string_view app_;
  std::string const& file_;
  given_settings& flags_;
  given_settings& from_file_;
  violations& faults_;
};

/// What is in force, as JSON with secrets masked.
inline void describe_values(settings_part const& part, setting_origin* origins) {
  void* at[schema::max_fields];
  if (part.type->fields.empty()) return;
  part.type->addresses(part.value.get(), at);
  for (std::size_t i = 0; i < part.type->fields.size(); ++i) {
    buffer text;
    json::encode(*part.type->fields[i].of, at[i], text, {.mask_secrets = true});
    origins[i].value = text.view();
  }
}

} // namespace detail

PANDO_INLINE detail::sequence<setting_origin> load_settings(std::span<settings_part const> parts,
                                                            std::string_view app,
                                                            std::string const& file,
                                                            std::string_view flags,
                                                            violations& faults) {
  std::string text;
  auto from_file = detail::read_settings_file(file, text, faults);
  auto given = detail::members_of(flags);
  detail::sequence<setting_origin> origins;
  pando::detail::sequence<pando::detail::owner<detail::table_value>> values;
  for (auto const& part : parts) {
    values.push_back(
        pando::detail::owner<detail::table_value>(new detail::table_value(*part.type)));
    detail::settings_loader(part, app, file, given, from_file, faults)
        .load(values.back()->get(), origins);
  }
  for (auto const& one : from_file)
    if (!one.is_known) faults.add(file, "unknown", "has \"" + one.name + "\", which is no setting");
  if (!faults.empty()) return origins;
  std::size_t at = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    parts[i].type->move(parts[i].value.get(), values[i]->get());
    detail::describe_values(parts[i], origins.data() + at);
    at += parts[i].type->fields.size();
  }
  return origins;
}

} // namespace pando
