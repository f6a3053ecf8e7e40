// JSON Schema 2020-12 from the tables. Source: the vocabularies of json-schema.org/draft/2020-12.
#pragma once

#include <limits>
#include <string>
#include <string_view>

#include <pando/meta/name_index.hpp>
#include <pando/meta/sequence.hpp>
#include <pando/schema/detail/scratch.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/json_schema.hpp>

namespace pando::schema {

/// The rules of a value and of the optionals around it, as members of its schema.
struct json_schemas::keywords {
  pando::detail::sequence<rule const*> rules{};

  void take(type const& of) {
    for (auto const& one : of.rules) rules.push_back(&one);
  }
  bool has(std::string_view keyword) const {
    for (auto const* one : rules)
      if (one->keyword == keyword) return true;
    return false;
  }
  /// Appends each keyword once; what is said twice goes into "allOf". Rules that JSON Schema has no
  /// keyword for are sentences.
  void write(std::string_view taken, buffer& out) const {
    std::string again;
    keywords without;
    pando::detail::name_index said;
    said.add(taken);
    for (auto const* one : rules) {
      if (one->keyword.empty()) {
        without.rules.push_back(one);
        continue;
      }
      std::string const member = "\"" + std::string(one->keyword) + "\":" + one->keyword_value();
      if (said.add(one->keyword)) out.append("," + member);
      else again += (again.empty() ? "{" : ",{") + member + "}";
    }
    if (!again.empty()) out.append(",\"allOf\":[" + again + "]");
    without.write_sentences(out);
  }
  void write_sentences(buffer& out) const {
    std::string sentences;
    for (auto const* one : rules)
      sentences += (sentences.empty() ? "must be " : "; must be ") + one->describe();
    if (sentences.empty()) return;
    out.append(",\"description\":");
    json::encode_text(sentences, out);
  }
};

} // namespace pando::schema

namespace pando::detail {

/// Structures and enumerations have names of their own.
inline void const* schema_identity(schema::type const& of) noexcept {
  if (of.what == schema::kind::enumeration) return of.enumerators.data();
  return of.what == schema::kind::structure ? of.fields.data() : nullptr;
}

/// The characters that OpenAPI allows in the name of a component.
inline std::string component_name(std::string_view name) {
  std::string made;
  for (char const c : name) {
    bool const fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (fits || c == '.' || c == '-') made += c;
    else if (!made.empty() && made.back() != '_') made += '_';
  }
  while (made.ends_with('_')) made.pop_back();
  return made.empty() ? "type" : made;
}

} // namespace pando::detail

namespace pando::schema {

PANDO_INLINE std::string const& json_schemas::name_of(type const& of) {
  auto const* const identity = detail::schema_identity(of);
  for (auto const& one : named_)
    if (one.identity == identity) return one.name;
  auto const wanted = detail::component_name(of.name);
  auto name = wanted;
  auto const is_taken = [&](std::string const& it) {
    for (auto const& one : named_)
      if (one.name == it) return true;
    return false;
  };
  for (int number = 2; is_taken(name); ++number) name = wanted + "_" + std::to_string(number);
  return named_.emplace_back(named{identity, &of, std::move(name)}).name;
}

PANDO_INLINE void json_schemas::write_reference(type const& of, buffer& out) {
  out.append("{\"$ref\":");
  json::encode_text(prefix_ + name_of(of), out);
}

PANDO_INLINE void json_schemas::write(type const& of, buffer& out) {
  keywords rules;
  write_value(of, rules, out);
}

/// A value and the rules from around it.
PANDO_INLINE void json_schemas::write_value(type const& of, keywords& rules, buffer& out) {
  if (of.what == kind::optional) {
    rules.take(of);
    out.append("{\"anyOf\":[");
    write_value(*of.element, rules, out);
    out.append(",{\"type\":\"null\"}]}");
    return;
  }
  if (of.what == kind::converted) {
    rules.take(of);
    if (rules.rules.empty()) return write(*of.element, out);
    out.append("{\"allOf\":["); // rules of the value are no rules of what travels for it
    write(*of.element, out);
    out.append(']');
    rules.write_sentences(out);
    return out.append('}');
  }
  rules.take(of);
  if (detail::schema_identity(of) != nullptr) write_reference(of, out);
  else write_inside(of, rules, out);
  std::string_view taken;
  if (of.what == kind::text || (of.what == kind::string && of.is_secret)) taken = "format";
  rules.write(taken, out);
  out.append('}');
}

/// Everything but the closing brace of what has no name.
PANDO_INLINE void json_schemas::write_inside(type const& of, keywords& rules, buffer& out) {
  switch (of.what) {
  case kind::boolean: return out.append("{\"type\":\"boolean\"");
  case kind::integer: return write_integer(of, rules, out);
  case kind::floating:
    return out.append(of.width == 4 ? "{\"type\":\"number\",\"format\":\"float\""
                                    : "{\"type\":\"number\",\"format\":\"double\"");
  case kind::string:
    return out.append(of.is_secret ? "{\"type\":\"string\",\"format\":\"password\""
                                   : "{\"type\":\"string\"");
  case kind::text:
    out.append("{\"type\":\"string\",\"format\":");
    json::encode_text(of.text->format, out);
    out.append(",\"examples\":[");
    json::encode_text(of.text->example, out);
    return out.append(']');
  case kind::bytes: return out.append("{\"type\":\"string\",\"contentEncoding\":\"base64\"");
  case kind::list:
  case kind::set:
  case kind::fixed_list:
    out.append("{\"type\":\"array\",\"items\":");
    write(*of.element, out);
    if (of.what == kind::set) out.append(",\"uniqueItems\":true");
    if (of.what == kind::fixed_list) {
      auto const count = std::to_string(of.count);
      if (!rules.has("minItems")) out.append(",\"minItems\":" + count);
      if (!rules.has("maxItems")) out.append(",\"maxItems\":" + count);
    }
    return;
  case kind::map:
    out.append("{\"type\":\"object\",\"additionalProperties\":");
    return write(*of.element, out);
  case kind::variant: return write_variant(of, out);
  default: return out.append("{\"type\":\"object\",\"additionalProperties\":false"); // no fields
  }
}

PANDO_INLINE void json_schemas::write_integer(type const& of, keywords const& rules, buffer& out) {
  auto const bits = of.width * 8U;
  out.append("{\"type\":\"integer\"");
  if (bits >= 32) out.append(std::string(",\"format\":\"") + (of.is_signed ? "int" : "uint") +
                             std::to_string(bits) + "\"");
  std::string least = "0";
  std::string most;
  if (of.is_signed) {
    auto const largest = std::numeric_limits<std::int64_t>::max() >> (64U - bits);
    least = std::to_string(-largest - 1);
    most = std::to_string(largest);
  } else {
    most = std::to_string(std::numeric_limits<std::uint64_t>::max() >> (64U - bits));
  }
  if (!rules.has("minimum")) out.append(",\"minimum\":" + least);
  if (!rules.has("maximum")) out.append(",\"maximum\":" + most);
}

PANDO_INLINE void json_schemas::write_variant(type const& of, buffer& out) {
  out.append("{\"oneOf\":");
  char before = '[';
  for (auto const* alternative : of.alternatives) {
    out.append(before);
    before = ',';
    out.append("{\"type\":\"object\",\"properties\":{\"type\":{\"const\":");
    json::encode_text(alternative->name, out);
    out.append("},\"value\":");
    write(*alternative, out);
    out.append("},\"required\":[\"type\",\"value\"],\"additionalProperties\":false}");
  }
  out.append(']');
}

PANDO_INLINE void json_schemas::write_enumeration(type const& of, buffer& out) {
  out.append("{\"type\":\"string\",\"enum\":");
  char before = '[';
  for (auto const& one : of.enumerators) {
    out.append(before);
    before = ',';
    json::encode_text(one.name, out);
  }
  out.append("]}");
}

/// A field's schema; an optional one may be left out, so its schema is that of its value.
PANDO_INLINE void json_schemas::write_member(field const& of, void const* value, buffer& out) {
  keywords rules;
  type const* inner = of.of;
  while (inner->what == kind::optional) {
    rules.take(*inner);
    inner = inner->element;
  }
  write_value(*inner, rules, out);
  if (!of.has_default || of.of->is_secret) return;
  out.truncate(out.size() - 1);
  out.append(",\"default\":");
  json::encode(*of.of, value, out);
  out.append('}');
}

PANDO_INLINE void json_schemas::write_field(type const& of, std::size_t index, buffer& out) {
  detail::scratch value(of);
  void* places[max_fields];
  of.addresses(value.get(), places);
  write_member(of.fields[index], places[index], out);
}

PANDO_INLINE void json_schemas::write_fields(type const& of, std::uint64_t without, buffer& out) {
  detail::scratch value(of);
  void* places[max_fields];
  if (!of.fields.empty()) of.addresses(value.get(), places);
  out.append("{\"type\":\"object\"");
  std::string required;
  std::string_view before = ",\"properties\":{";
  for (std::size_t i = 0; i < of.fields.size(); ++i) {
    if ((without >> i & 1U) != 0) continue;
    auto const& field = of.fields[i];
    out.append(before);
    before = ",";
    json::encode_text(field.name, out);
    out.append(':');
    write_member(field, places[i], out);
    if (field.required)
      required += (required.empty() ? "\"" : ",\"") + std::string(field.name) + "\"";
  }
  if (before == ",") out.append('}');
  if (!required.empty()) out.append(",\"required\":[" + required + "]");
  out.append(",\"additionalProperties\":false}");
}

PANDO_INLINE void json_schemas::write_named(buffer& out) {
  out.append('{');
  for (std::size_t i = 0; i < named_.size(); ++i) { // it grows on the way
    if (i != 0) out.append(',');
    json::encode_text(named_[i].name, out);
    out.append(':');
    auto const& of = *named_[i].of;
    if (of.what == kind::enumeration) write_enumeration(of, out);
    else write_fields(of, 0, out);
  }
  out.append('}');
}

PANDO_INLINE void json_schema(type const& of, buffer& out) {
  json_schemas all("#/$defs/");
  out.append("{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",");
  auto const from = out.size();
  all.write(of, out);
  // what was written is an object of its own: its members become the document's
  std::string const whole(out.view().substr(from + 1, out.size() - from - 2));
  out.truncate(from);
  out.append(whole);
  buffer named;
  all.write_named(named);
  if (named.size() > 2) {
    out.append(",\"$defs\":");
    out.append(named.view());
  }
  out.append('}');
}

} // namespace pando::schema
