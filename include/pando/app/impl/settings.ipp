// Settings from four places: what a stronger place says, a weaker one is not asked for.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <pando/app/settings.hpp>
#include <pando/schema/buffer.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/text_source.hpp>

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

/// The file's object, or an empty one when there is no file.
inline boost::json::object read_settings_file(std::string const& file, violations& faults) {
  std::error_code none;
  if (file.empty() || !std::filesystem::exists(file, none)) return {};
  std::ifstream in(file);
  if (!in || !std::filesystem::is_regular_file(file, none)) {
    faults.add(file, "file", "cannot be read");
    return {};
  }
  std::string const text{std::istreambuf_iterator<char>(in), {}};
  boost::system::error_code error;
  auto const value = boost::json::parse(text, error);
  if (error || !value.is_object()) {
    faults.add(file, "syntax",
               error ? "is no JSON: " + error.message() : "must hold one JSON object");
    return {};
  }
  return value.as_object();
}

/// Fills one struct, and says where each field came from.
class settings_loader {
 public:
  settings_loader(settings_part const& part, std::string_view app, std::string const& file,
                  boost::json::object const& flags, boost::json::object& from_file,
                  violations& faults)
      : part_(part), app_(app), file_(file), flags_(flags), from_file_(from_file),
        faults_(faults) {}

  /// Reads into `value`; the origins are appended to `origins`.
  void load(void* value, std::vector<setting_origin>& origins) {
    violations found;
    schema::text_source texts(*part_.type, value, found);
    boost::json::object rest;
    auto const& fields = part_.type->fields;
    for (std::size_t i = 0; i < fields.size(); ++i)
      origins.push_back({std::string(fields[i].name), {}, load_field(texts, i, rest)});
    auto const given = texts.present();
    texts.finish_part(); // what is wrong with these must not hide what is wrong elsewhere
    json::decode(boost::json::serialize(rest), *part_.type, value, found, {.present = given});
    for (auto& fault : found.list) tell(fault);
  }

 private:
  std::string load_field(schema::text_source& texts, std::size_t index, boost::json::object& rest) {
    auto const name = part_.type->fields[index].name;
    auto const flag = flag_name(name);
    auto const* const in_file = from_file_.if_contains(name);
    std::string origin = "default";
    if (auto const* const given = flags_.if_contains(name)) {
      rest[name] = *given;
      origin = "flag " + flag;
    } else if (auto const* const text = std::getenv(environment_name(app_, name).c_str())) {
      texts.set_field(index, text);
      origin = "environment " + environment_name(app_, name);
    } else if (in_file != nullptr) {
      rest[name] = *in_file;
      origin = file_;
    }
    if (in_file != nullptr) from_file_.erase(name);
    return origin;
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
  boost::json::object const& flags_;
  boost::json::object& from_file_;
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

PANDO_INLINE std::vector<setting_origin> load_settings(std::span<settings_part const> parts,
                                                       std::string_view app,
                                                       std::string const& file,
                                                       std::string_view flags,
                                                       violations& faults) {
  auto from_file = detail::read_settings_file(file, faults);
  boost::json::object given;
  if (!flags.empty()) given = boost::json::parse(flags).as_object();
  std::vector<setting_origin> origins;
  std::vector<std::unique_ptr<detail::table_value>> values;
  for (auto const& part : parts) {
    values.push_back(std::make_unique<detail::table_value>(*part.type));
    detail::settings_loader(part, app, file, given, from_file, faults)
        .load(values.back()->get(), origins);
  }
  for (auto const& unknown : from_file)
    faults.add(file, "unknown", "has \"" + std::string(unknown.key()) + "\", which is no setting");
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
