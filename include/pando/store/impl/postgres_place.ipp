// Connection strings, and names to addresses.
#pragma once

#include <stdexcept>
#include <string_view>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <pando/store/detail/postgres_place.hpp>

#if PANDO_HAS_POSTGRES

#include <pando/store/detail/libpq_fe.hpp>

namespace pando::postgres::detail {

inline std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> parts;
  for (;;) {
    auto const comma = text.find(',');
    parts.emplace_back(text.substr(0, comma));
    if (comma == text.npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

PANDO_INLINE postgres_place::postgres_place(std::string const& connection) {
  using parsed = std::unique_ptr<::PQconninfoOption, void (*)(::PQconninfoOption*)>;
  char* message = nullptr;
  parsed const given(::PQconninfoParse(connection.c_str(), &message), ::PQconninfoFree);
  if (given == nullptr) {
    std::string why = message == nullptr ? "out of memory" : message;
    ::PQfreemem(message);
    while (why.ends_with('\n')) why.pop_back();
    // Of what it quotes only the name of an option is sure to be no part of a password.
    if (why.find('"') != why.npos && !why.starts_with("invalid connection option"))
      why = "it is postgres://user:password@host/database, or key=value pairs; a % in it is %25";
    throw std::invalid_argument("postgres: the connection string cannot be read: " + why);
  }
  std::string names;
  std::string ports;
  bool is_complete = false; // the user names addresses, or a service that does
  auto const keep = [&](::PQconninfoOption const& one) {
    std::string_view const key = one.keyword;
    if (key == "hostaddr" || key == "service") is_complete = true;
    if (key == "host") names = one.val;
    if (key == "port") ports = one.val;
    settings_.emplace_back(key, one.val);
  };
  for (auto const* one = given.get(); one->keyword != nullptr; ++one)
    if (one->val != nullptr) keep(*one);
  parsed const defaults(::PQconndefaults(), ::PQconninfoFree); // of the environment
  for (auto const* one = defaults.get(); one != nullptr && one->keyword != nullptr; ++one) {
    std::string_view const key = one->keyword;
    if (one->val == nullptr || *one->val == '\0') continue;
    if (key == "host" && names.empty()) names = one->val;
    if (key == "port" && ports.empty()) ports = one->val;
    if (key == "hostaddr" && names.empty()) is_complete = true;
  }
  settings_.emplace_back("fallback_application_name", "pando");
  if (is_complete || names.empty()) return;

  auto const all = split_list(names);
  auto const each = split_list(ports);
  bool has_names = false;
  for (std::size_t at = 0; at < all.size(); ++at) {
    boost::system::error_code no_address;
    boost::asio::ip::make_address(all[at], no_address);
    bool const is_path = all[at].empty() || all[at][0] == '/' || all[at][0] == '@';
    has_names = has_names || (no_address && !is_path);
    hosts_.push_back({all[at], each.size() == all.size() ? each[at] : each[0],
                      no_address && !is_path});
  }
  if (has_names)
    std::erase_if(settings_,
                  [](auto const& one) { return one.first == "host" || one.first == "port"; });
  else
    hosts_.clear();
}

struct postgres_place::lookup {
  lookup(boost::asio::any_io_executor on, std::function<void(resolved)> answer)
      : resolver(std::move(on)), then(std::move(answer)) {}

  void add(std::string const& name, std::string const& address, std::string const& port) {
    auto const separator = count++ == 0 ? "" : ",";
    names += separator + name;
    addresses += separator + address;
    ports += separator + port;
  }

  boost::asio::ip::tcp::resolver resolver;
  std::function<void(resolved)> then;
  std::vector<host> hosts;
  resolved found;
  std::string names;
  std::string addresses;
  std::string ports;
  std::size_t at = 0;
  std::size_t count = 0;
};

PANDO_INLINE void postgres_place::resolve(boost::asio::any_io_executor executor,
                                          std::function<void(resolved)> then) const {
  if (hosts_.empty())
    return boost::asio::post(executor, [then = std::move(then), all = settings_] {
      then({all, {}});
    });
  auto one = std::make_shared<lookup>(std::move(executor), std::move(then));
  one->hosts = hosts_;
  one->found.settings = settings_;
  next(std::move(one));
}

/// Every address of every name, in order; a name without any is left out.
PANDO_INLINE void postgres_place::next(std::shared_ptr<lookup> one) {
  while (one->at < one->hosts.size() && !one->hosts[one->at].is_name) {
    auto const& it = one->hosts[one->at++];
    one->add(it.name, it.name.starts_with('/') || it.name.starts_with('@') ? "" : it.name, it.port);
  }
  if (one->at == one->hosts.size()) {
    if (one->count != 0) {
      one->found.failure.clear();
      one->found.settings.emplace_back("host", one->names);
      one->found.settings.emplace_back("hostaddr", one->addresses);
      one->found.settings.emplace_back("port", one->ports);
    }
    return one->then(std::move(one->found));
  }
  auto& resolver = one->resolver;
  auto const name = one->hosts[one->at].name;
  using results = boost::asio::ip::tcp::resolver::results_type;
  resolver.async_resolve(
      name, "", [one](boost::system::error_code const& error, results const& all) {
        auto const& it = one->hosts[one->at++];
        for (auto const& each : all)
          one->add(it.name, each.endpoint().address().to_string(), it.port);
        if (error)
          one->found.failure = "the host \"" + it.name + "\" cannot be found: " + error.message();
        next(one);
      });
}

} // namespace pando::postgres::detail

#endif
