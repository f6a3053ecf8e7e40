// Filling paths, queries and bodies by the tables of routes and types.
#pragma once

#include <cstdint>
#include <utility>

#include <pando/handler/failure.hpp>
#include <pando/http/detail/characters.hpp>
#include <pando/http/detail/client_request.hpp>
#include <pando/http/detail/target.hpp>
#include <pando/schema/json.hpp>
#include <pando/schema/text.hpp>

namespace pando::http::detail {

/// A value of a type that only its table knows, for as long as it is looked at.
class wire_value {
 public:
  wire_value(schema::type const& converted, void const* from) : type_(*converted.element) {
    at_ = ::operator new(type_.size, std::align_val_t(type_.align));
    try {
      type_.construct(at_);
      try {
        converted.convert->to(from, at_);
      } catch (...) {
        type_.destroy(at_);
        throw;
      }
    } catch (...) {
      ::operator delete(at_, std::align_val_t(type_.align));
      throw;
    }
  }
  wire_value(wire_value const&) = delete;
  ~wire_value() {
    type_.destroy(at_);
    ::operator delete(at_, std::align_val_t(type_.align));
  }
  void const* get() const noexcept { return at_; }

 private:
  schema::type const& type_;
  void* at_;
};

class request_writer {
 public:
  request_writer(schema::type const* type, void const* object, client_request& out)
      : type_(type != nullptr && type->what == schema::kind::structure ? type : nullptr),
        out_(out) {
    if (type_ != nullptr && !type_->fields.empty())
      type_->addresses(const_cast<void*>(object), places_); // it only takes their addresses
  }

  void path(std::string_view part) {
    for (;;) {
      auto const segment = next_segment(part);
      if (segment.empty()) return;
      out_.target += '/';
      out_.shown += '/';
      if (segment.front() == '{') {
        placeholder(segment.substr(1, segment.size() - 2));
      } else {
        literal(segment);
      }
    }
  }

  void query() {
    if (type_ == nullptr) return;
    for (std::size_t i = 0; i < type_->fields.size(); ++i)
      if (!is_on_path(i)) query_value(type_->fields[i].name, *type_->fields[i].of, places_[i]);
  }

  void body(schema::type const& whole, void const* object) {
    out_.has_body = true;
    try {
      if (on_path_ == 0) return json::encode(whole, object, out_.body);
      out_.body.append('{');
      for (std::size_t i = 0; i < type_->fields.size(); ++i)
        if (!is_on_path(i)) member(type_->fields[i], places_[i]);
      out_.body.append('}');
    } catch (json::unencodable const& no) {
      refuse(step_ + no.path, "format", "cannot be sent: it is " + no.why);
    }
  }

 private:
  bool is_on_path(std::size_t index) const noexcept { return (on_path_ >> index & 1) != 0; }

  [[noreturn]] static void refuse(std::string path, std::string_view rule, std::string message) {
    violations faults;
    faults.add(std::move(path), rule, std::move(message));
    throw invalid_request("the request cannot be sent over HTTP", std::move(faults));
  }

  void literal(std::string_view segment) {
    for (char const c : segment) {
      bool const stays = is_letter(c) || is_digit(c) ||
                         std::string_view("-._~!$&'()*+,;=:@%").find(c) != std::string_view::npos;
      if (stays)
        out_.target += c;
      else
        append_percent_encoded(out_.target, {&c, 1});
    }
    out_.shown += segment;
  }

  void placeholder(std::string_view name) {
    std::size_t index = 0;
    while (type_ != nullptr && index < type_->fields.size() && type_->fields[index].name != name)
      ++index;
    if (type_ == nullptr || index == type_->fields.size())
      refuse("/" + std::string(name), "required",
             "is on the path, and the request has no such field");
    on_path_ |= std::uint64_t{1} << index;
    step_.clear();
    pando::text::append_pointer_step(step_, name);
    text_.clear();
    auto const& of = *type_->fields[index].of;
    if (!append_text(of, places_[index]))
      refuse(step_, "required", "is on the path, so it cannot be left out");
    if (text_.empty()) refuse(step_, "non_empty", "is on the path, so it cannot be empty");
    auto const from = out_.target.size();
    append_percent_encoded(out_.target, text_);
    if (text_ == "." || text_ == "..") { // proxies take these for steps
      out_.target.resize(from);
      for (std::size_t i = 0; i < text_.size(); ++i) out_.target += "%2E";
    }
    if (of.is_secret || (of.element != nullptr && of.element->is_secret))
      out_.shown += "***";
    else
      out_.shown.append(out_.target, from);
  }

  void query_value(std::string_view name, schema::type const& of, void const* at) {
    using enum schema::kind;
    switch (of.what) {
    case optional:
      if (of.items->size(at) != 0) query_value(name, *of.element, of.items->data(at));
      return;
    case list:
    case fixed_list: {
      auto const count = of.items->size(at);
      auto const* element = static_cast<char const*>(count == 0 ? nullptr : of.items->data(at));
      for (std::size_t i = 0; i < count; ++i, element += of.element->size)
        pair(name, *of.element, element);
      return;
    }
    case set: return each(name, of, at);
    case converted: {
      wire_value const wire(of, at);
      return query_value(name, *of.element, wire.get());
    }
    default: return pair(name, of, at);
    }
  }

  void each(std::string_view name, schema::type const& of, void const* at) {
    struct state {
      request_writer& self;
      std::string_view name;
      schema::type const& element;
    } with{*this, name, *of.element};
    of.items->each(at, &with, [](void* raw, std::string_view, void const* element) {
      auto& now = *static_cast<state*>(raw);
      now.self.pair(now.name, now.element, element);
      return true;
    });
  }

  void pair(std::string_view name, schema::type const& of, void const* at) {
    step_.clear();
    pando::text::append_pointer_step(step_, name);
    text_.clear();
    if (!append_text(of, at)) text_ = "null"; // an absent element of a list
    out_.target += has_query_ ? '&' : '?';
    has_query_ = true;
    append_percent_encoded(out_.target, name);
    out_.target += '=';
    append_percent_encoded(out_.target, text_);
  }

  /// The value as text in `text_`, JSON for what has none of its own. False: an absent optional.
  bool append_text(schema::type const& of, void const* at) {
    switch (of.what) {
    case schema::kind::string: text_ = *static_cast<std::string const*>(at); return true;
    case schema::kind::optional:
      return of.items->size(at) != 0 && append_text(*of.element, of.items->data(at));
    case schema::kind::converted: {
      wire_value const wire(of, at);
      return append_text(*of.element, wire.get());
    }
    default: break;
    }
    json_.clear();
    try {
      json::encode(of, at, json_);
    } catch (json::unencodable const& no) {
      refuse(step_ + no.path, "format", "cannot be sent: it is " + no.why);
    }
    text_ = json_.view();
    using enum schema::kind;
    if (of.what == enumeration || of.what == text || of.what == bytes) { // nothing there is escaped
      text_.pop_back();
      text_.erase(0, 1);
    }
    return true;
  }

  void member(schema::field const& field, void const* at) {
    if (field.of->what == schema::kind::optional && field.of->items->size(at) == 0) return;
    step_.clear();
    pando::text::append_pointer_step(step_, field.name);
    bool const is_first = out_.body.size() == 1;
    out_.body.append(is_first ? field.key.substr(1) : field.key);
    json::encode(*field.of, at, out_.body);
  }

  schema::type const* type_;
  client_request& out_;
  void* places_[schema::max_fields]{};
  std::uint64_t on_path_ = 0; ///< a bit for each field
  bool has_query_ = false;
  std::string step_; ///< the field being written, as a JSON pointer
  std::string text_;
  buffer json_;
};

PANDO_INLINE endpoint const* first_endpoint(route_row const& route) noexcept {
  for (auto const& marker : route.markers)
    if (marker.door == "http" && marker.kind == "endpoint")
      return static_cast<endpoint const*>(marker.data);
  return nullptr;
}

PANDO_INLINE void append_percent_encoded(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (char const c : text) {
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      auto const octet = static_cast<unsigned char>(c);
      out += '%';
      out += digits[octet >> 4];
      out += digits[octet & 15U];
    }
  }
}

PANDO_INLINE client_request make_client_request(route_row const& route, endpoint const& where,
                                                std::string_view base, void const* object) {
  client_request made;
  made.method = where.method;
  made.streams = route.streams;
  made.target = base;
  made.shown = base;
  request_writer writer(route.request, object, made);
  writer.path(route.controller);
  writer.path(where.path);
  if (made.target.empty()) made.target = made.shown = "/";
  if (!verb_has_body(where.method))
    writer.query();
  else if (route.request != nullptr)
    writer.body(*route.request, object);
  return made;
}

} // namespace pando::http::detail
