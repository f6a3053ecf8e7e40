// needs: simdjson nlohmann_json
// JSON of a 1 KB structure, read and written: Pando beside a handler and appends written by hand
// for this one structure, Boost.JSON's tree, nlohmann and simdjson. One process, interleaved
// rounds, medians of processor time. `json [rounds]`.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json.hpp>
#include <boost/json/basic_parser_impl.hpp>
#include <nlohmann/json.hpp>
#include <simdjson.h>

#include <pando/schema/json.hpp>

namespace {

struct address {
  std::string street;
  std::string city;
  std::string zip;
  std::int32_t floor;
  double latitude;
  double longitude;
};

struct record {
  std::int64_t id;
  std::string email;
  std::string name;
  bool active;
  bool verified;
  std::int32_t age;
  std::uint32_t logins;
  std::int16_t level;
  std::int64_t balance_cents;
  double rating;
  double score;
  std::string phone;
  std::string locale;
  std::string timezone;
  std::string website;
  std::string biography;
  std::string token;
  address home;
  std::vector<int> history;
  std::optional<std::string> nickname;
  std::optional<std::int64_t> referrer;
  std::uint64_t revision;
  bool newsletter;
  std::string plan;
  std::int64_t created_at;
};

record sample() {
  record r{};
  r.id = 9'007'199'254'741'993;
  r.email = "zoe.miller@example.com";
  r.name = "Zo\xc3\xab Miller";
  r.active = true;
  r.age = 37;
  r.logins = 48210;
  r.level = -3;
  r.balance_cents = 1'284'550;
  r.rating = 4.75;
  r.score = 0.8374625112;
  r.phone = "+49 30 901820";
  r.locale = "de-DE";
  r.timezone = "Europe/Berlin";
  r.website = "https://zoe-miller.example.com/about?lang=de";
  r.biography = "Works on compilers by day and restores wooden boats at night. Says that both are "
                "about \"finding the leak before it finds you\".\nLives with two cats, a bicycle "
                "and more books than shelves; speaks four languages, three of them badly.";
  r.token = "5f2b8c1e9d7a4036b1c2d3e4f5061728394a5b6c7d8e9f00112233445566aabb";
  r.home = {"Oranienburger Stra\xc3\x9f"
            "e 12",
            "Berlin", "10178", 4, 52.524932, 13.393287};
  r.history = {3, 17, 250, 1024, 77, 0, -1, 65536, 12, 9, 441, 86400};
  r.nickname = "zo";
  r.revision = 18'446'744'073'709;
  r.newsletter = true;
  r.plan = "professional";
  r.created_at = 1'706'790'896;
  return r;
}

// By hand: a handler for this one structure. It expects the next key in order, searches otherwise,
// checks ranges, repeated, unknown and missing keys, and says no more of a fault than that there is
// one.

constexpr std::array<std::string_view, 25> names{
    "id",      "email",     "name",    "active",   "verified", "age",      "logins",
    "level",   "balance_cents", "rating", "score",  "phone",    "locale",   "timezone",
    "website", "biography", "token",   "home",     "history",  "nickname", "referrer",
    "revision", "newsletter", "plan",  "created_at"};
constexpr std::array<std::string_view, 6> home_names{"street", "city",     "zip",
                                                     "floor",  "latitude", "longitude"};
constexpr int home_base = 32;

struct by_hand {
  static constexpr std::size_t max_object_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_array_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_key_size = static_cast<std::size_t>(-1);
  static constexpr std::size_t max_string_size = static_cast<std::size_t>(-1);
  using code = boost::json::error_code;
  using view = boost::json::string_view;

  record& to;
  int field = -1;
  int depth = 0;
  int expected = 0;
  bool in_home = false;
  bool in_history = false;
  bool parts = false;
  std::uint32_t seen = 0;
  std::uint32_t seen_home = 0;
  std::string key_text;

  explicit by_hand(record& r) : to(r) {}

  bool on_document_begin(code&) { return true; }
  bool on_document_end(code&) { return true; }
  bool on_object_begin(code&) {
    if (depth == 0) return ++depth, true;
    if (depth != 1 || field != 17) return false;
    in_home = true;
    expected = 0;
    ++depth;
    return true;
  }
  bool on_object_end(std::size_t, code&) {
    --depth;
    if (in_home) {
      in_home = false;
      expected = 18;
      return seen_home == 0x3f;
    }
    constexpr std::uint32_t required = 0x1ffffff & ~(1U << 19) & ~(1U << 20);
    return (seen & required) == required;
  }
  bool on_array_begin(code&) {
    if (in_home || field != 18 || in_history) return false;
    return in_history = true;
  }
  bool on_array_end(std::size_t, code&) {
    in_history = false;
    return true;
  }
  bool found(int index) {
    auto& all = in_home ? seen_home : seen;
    auto const bit = 1U << index;
    if ((all & bit) != 0) return false;
    all |= bit;
    expected = index + 1;
    field = in_home ? index + home_base : index;
    return true;
  }
  template <class Names>
  bool search(Names const& all, std::string_view key) {
    for (std::size_t step = 0; step < all.size(); ++step) {
      auto const index = (static_cast<std::size_t>(expected) + step) % all.size();
      if (all[index] == key) return found(static_cast<int>(index));
    }
    return false;
  }
  bool on_key_part(view part, std::size_t, code&) {
    key_text.append(part.data(), part.size());
    return parts = true;
  }
  bool on_key(view name, std::size_t, code&) {
    std::string_view key(name.data(), name.size());
    if (parts) {
      key_text += key;
      key = key_text;
      bool const known = in_home ? search(home_names, key) : search(names, key);
      key_text.clear();
      parts = false;
      return known;
    }
    if (in_home) {
      if (expected < 6 && home_names[static_cast<std::size_t>(expected)] == key)
        return found(expected);
      return search(home_names, key);
    }
    if (expected < 25 && names[static_cast<std::size_t>(expected)] == key) return found(expected);
    return search(names, key);
  }
  std::string* text() {
    if (in_history) return nullptr;
    switch (field) {
    case 1: return &to.email;
    case 2: return &to.name;
    case 11: return &to.phone;
    case 12: return &to.locale;
    case 13: return &to.timezone;
    case 14: return &to.website;
    case 15: return &to.biography;
    case 16: return &to.token;
    case 19: return to.nickname ? &*to.nickname : &to.nickname.emplace();
    case 23: return &to.plan;
    case home_base: return &to.home.street;
    case home_base + 1: return &to.home.city;
    case home_base + 2: return &to.home.zip;
    default: return nullptr;
    }
  }
  bool on_string_part(view part, std::size_t, code&) {
    auto* const at = text();
    if (at == nullptr) return false;
    at->append(part.data(), part.size());
    return true;
  }
  bool on_string(view value, std::size_t, code&) {
    auto* const at = text();
    if (at == nullptr) return false;
    at->append(value.data(), value.size());
    return true;
  }
  bool on_number_part(view, code&) { return true; }
  template <class Integer, class Given>
  static bool put(Integer& at, Given value) {
    at = static_cast<Integer>(value);
    return static_cast<Given>(at) == value && (at < Integer{}) == (value < Given{});
  }
  template <class Given>
  bool whole(Given value) {
    if (in_history) return put(to.history.emplace_back(), value);
    switch (field) {
    case 0: return put(to.id, value);
    case 5: return put(to.age, value);
    case 6: return put(to.logins, value);
    case 7: return put(to.level, value);
    case 8: return put(to.balance_cents, value);
    case 9: to.rating = static_cast<double>(value); return true;
    case 10: to.score = static_cast<double>(value); return true;
    case 20: return put(to.referrer.emplace(), value);
    case 21: return put(to.revision, value);
    case 24: return put(to.created_at, value);
    case home_base + 3: return put(to.home.floor, value);
    case home_base + 4: to.home.latitude = static_cast<double>(value); return true;
    case home_base + 5: to.home.longitude = static_cast<double>(value); return true;
    default: return false;
    }
  }
  bool on_int64(std::int64_t value, view, code&) { return whole(value); }
  bool on_uint64(std::uint64_t value, view, code&) { return whole(value); }
  bool on_double(double value, view, code&) {
    if (in_history) return false;
    switch (field) {
    case 9: to.rating = value; return true;
    case 10: to.score = value; return true;
    case home_base + 4: to.home.latitude = value; return true;
    case home_base + 5: to.home.longitude = value; return true;
    default: return false;
    }
  }
  bool on_bool(bool value, code&) {
    if (in_history) return false;
    switch (field) {
    case 3: to.active = value; return true;
    case 4: to.verified = value; return true;
    case 22: to.newsletter = value; return true;
    default: return false;
    }
  }
  bool on_null(code&) {
    if (field == 19) return to.nickname.reset(), true;
    if (field == 20) return to.referrer.reset(), true;
    return false;
  }
  bool on_comment_part(view, code&) { return true; }
  bool on_comment(view, code&) { return true; }
};

bool decode_by_hand(std::string_view text, record& to) {
  boost::json::basic_parser<by_hand> parser(boost::json::parse_options{}, to);
  boost::json::error_code failure;
  auto const used = parser.write_some(false, text.data(), text.size(), failure);
  return !failure && used == text.size();
}

// By hand: appends to a text that is kept.

void append_text(std::string& out, std::string_view text) {
  static constexpr auto special = [] {
    std::array<bool, 256> table{};
    for (std::size_t i = 0; i < 32; ++i) table[i] = true;
    table['"'] = table['\\'] = true;
    return table;
  }();
  out += '"';
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!special[static_cast<unsigned char>(text[at])]) continue;
    out.append(text, from, at - from);
    from = at + 1;
    switch (text[at]) {
    case '"': out += "\\\""; break;
    case '\\': out += "\\\\"; break;
    case '\n': out += "\\n"; break;
    case '\r': out += "\\r"; break;
    case '\t': out += "\\t"; break;
    default: {
      char code[7];
      std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(text[at]));
      out += code;
    }
    }
  }
  out.append(text, from);
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number value) {
  char digits[32];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_bool(std::string& out, bool value) { out += value ? "true" : "false"; }

void encode_by_hand(record const& r, std::string& out) {
  append_number(out += R"({"id":)", r.id);
  append_text(out += R"(,"email":)", r.email);
  append_text(out += R"(,"name":)", r.name);
  append_bool(out += R"(,"active":)", r.active);
  append_bool(out += R"(,"verified":)", r.verified);
  append_number(out += R"(,"age":)", r.age);
  append_number(out += R"(,"logins":)", r.logins);
  append_number(out += R"(,"level":)", r.level);
  append_number(out += R"(,"balance_cents":)", r.balance_cents);
  append_number(out += R"(,"rating":)", r.rating);
  append_number(out += R"(,"score":)", r.score);
  append_text(out += R"(,"phone":)", r.phone);
  append_text(out += R"(,"locale":)", r.locale);
  append_text(out += R"(,"timezone":)", r.timezone);
  append_text(out += R"(,"website":)", r.website);
  append_text(out += R"(,"biography":)", r.biography);
  append_text(out += R"(,"token":)", r.token);
  append_text(out += R"(,"home":{"street":)", r.home.street);
  append_text(out += R"(,"city":)", r.home.city);
  append_text(out += R"(,"zip":)", r.home.zip);
  append_number(out += R"(,"floor":)", r.home.floor);
  append_number(out += R"(,"latitude":)", r.home.latitude);
  append_number(out += R"(,"longitude":)", r.home.longitude);
  out += R"(},"history":[)";
  for (std::size_t i = 0; i < r.history.size(); ++i) {
    if (i != 0) out += ',';
    append_number(out, r.history[i]);
  }
  out += ']';
  if (r.nickname) append_text(out += R"(,"nickname":)", *r.nickname);
  if (r.referrer) append_number(out += R"(,"referrer":)", *r.referrer);
  append_number(out += R"(,"revision":)", r.revision);
  append_bool(out += R"(,"newsletter":)", r.newsletter);
  append_text(out += R"(,"plan":)", r.plan);
  append_number(out += R"(,"created_at":)", r.created_at);
  out += '}';
}

// Boost.JSON's tree.

address tag_invoke(boost::json::value_to_tag<address>, boost::json::value const& from) {
  auto const& o = from.as_object();
  using boost::json::value_to;
  return {value_to<std::string>(o.at("street")), value_to<std::string>(o.at("city")),
          value_to<std::string>(o.at("zip")),    value_to<std::int32_t>(o.at("floor")),
          value_to<double>(o.at("latitude")),    value_to<double>(o.at("longitude"))};
}

record tag_invoke(boost::json::value_to_tag<record>, boost::json::value const& from) {
  auto const& o = from.as_object();
  using boost::json::value_to;
  record r{};
  auto const take = [&o]<class Member>(char const* name, Member& to) {
    to = value_to<Member>(o.at(name));
  };
  take("id", r.id);
  take("email", r.email);
  take("name", r.name);
  take("active", r.active);
  take("verified", r.verified);
  take("age", r.age);
  take("logins", r.logins);
  take("level", r.level);
  take("balance_cents", r.balance_cents);
  take("rating", r.rating);
  take("score", r.score);
  take("phone", r.phone);
  take("locale", r.locale);
  take("timezone", r.timezone);
  take("website", r.website);
  take("biography", r.biography);
  take("token", r.token);
  take("home", r.home);
  take("history", r.history);
  if (auto const* const v = o.if_contains("nickname")) r.nickname = value_to<std::string>(*v);
  if (auto const* const v = o.if_contains("referrer")) r.referrer = value_to<std::int64_t>(*v);
  take("revision", r.revision);
  take("newsletter", r.newsletter);
  take("plan", r.plan);
  take("created_at", r.created_at);
  return r;
}

void tag_invoke(boost::json::value_from_tag, boost::json::value& to, address const& a) {
  to = {{"street", a.street}, {"city", a.city},         {"zip", a.zip},
        {"floor", a.floor},   {"latitude", a.latitude}, {"longitude", a.longitude}};
}

void tag_invoke(boost::json::value_from_tag, boost::json::value& to, record const& r) {
  using boost::json::value_from;
  auto& o = to.emplace_object();
  o.reserve(25);
  o.emplace("id", r.id);
  o.emplace("email", r.email);
  o.emplace("name", r.name);
  o.emplace("active", r.active);
  o.emplace("verified", r.verified);
  o.emplace("age", r.age);
  o.emplace("logins", r.logins);
  o.emplace("level", r.level);
  o.emplace("balance_cents", r.balance_cents);
  o.emplace("rating", r.rating);
  o.emplace("score", r.score);
  o.emplace("phone", r.phone);
  o.emplace("locale", r.locale);
  o.emplace("timezone", r.timezone);
  o.emplace("website", r.website);
  o.emplace("biography", r.biography);
  o.emplace("token", r.token);
  o.emplace("home", value_from(r.home));
  o.emplace("history", value_from(r.history));
  if (r.nickname) o.emplace("nickname", *r.nickname);
  if (r.referrer) o.emplace("referrer", *r.referrer);
  o.emplace("revision", r.revision);
  o.emplace("newsletter", r.newsletter);
  o.emplace("plan", r.plan);
  o.emplace("created_at", r.created_at);
}

// nlohmann

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE(address, street, city, zip, floor, latitude, longitude)

void from_json(nlohmann::json const& from, record& r) {
  auto const take = [&from](char const* name, auto& to) { from.at(name).get_to(to); };
  take("id", r.id);
  take("email", r.email);
  take("name", r.name);
  take("active", r.active);
  take("verified", r.verified);
  take("age", r.age);
  take("logins", r.logins);
  take("level", r.level);
  take("balance_cents", r.balance_cents);
  take("rating", r.rating);
  take("score", r.score);
  take("phone", r.phone);
  take("locale", r.locale);
  take("timezone", r.timezone);
  take("website", r.website);
  take("biography", r.biography);
  take("token", r.token);
  take("home", r.home);
  take("history", r.history);
  if (auto const at = from.find("nickname"); at != from.end()) r.nickname = at->get<std::string>();
  if (auto const at = from.find("referrer"); at != from.end()) r.referrer = at->get<std::int64_t>();
  take("revision", r.revision);
  take("newsletter", r.newsletter);
  take("plan", r.plan);
  take("created_at", r.created_at);
}

void to_json(nlohmann::json& to, record const& r) {
  to = nlohmann::json{
      {"id", r.id},           {"email", r.email},         {"name", r.name},
      {"active", r.active},   {"verified", r.verified},   {"age", r.age},
      {"logins", r.logins},   {"level", r.level},         {"balance_cents", r.balance_cents},
      {"rating", r.rating},   {"score", r.score},         {"phone", r.phone},
      {"locale", r.locale},   {"timezone", r.timezone},   {"website", r.website},
      {"biography", r.biography}, {"token", r.token},     {"home", r.home},
      {"history", r.history}, {"revision", r.revision},   {"newsletter", r.newsletter},
      {"plan", r.plan},       {"created_at", r.created_at}};
  if (r.nickname) to["nickname"] = *r.nickname;
  if (r.referrer) to["referrer"] = *r.referrer;
}

// simdjson, on demand: fields in order, straight into the structure.

template <class Integer>
void take(simdjson::ondemand::value from, Integer& to) {
  if constexpr (std::is_same_v<Integer, bool>) to = from.get_bool();
  else if constexpr (std::is_same_v<Integer, std::string>) to = std::string_view(from.get_string());
  else if constexpr (std::is_floating_point_v<Integer>) to = from.get_double();
  else if constexpr (std::is_signed_v<Integer>)
    to = static_cast<Integer>(static_cast<std::int64_t>(from.get_int64()));
  else
    to = static_cast<Integer>(static_cast<std::uint64_t>(from.get_uint64()));
}

void decode_simdjson(simdjson::ondemand::parser& parser, simdjson::padded_string const& text,
                     record& r) {
  auto document = parser.iterate(text);
  simdjson::ondemand::object o = document.get_object();
  auto const next = [&o](char const* name, auto& to) { take(o[name].value(), to); };
  next("id", r.id);
  next("email", r.email);
  next("name", r.name);
  next("active", r.active);
  next("verified", r.verified);
  next("age", r.age);
  next("logins", r.logins);
  next("level", r.level);
  next("balance_cents", r.balance_cents);
  next("rating", r.rating);
  next("score", r.score);
  next("phone", r.phone);
  next("locale", r.locale);
  next("timezone", r.timezone);
  next("website", r.website);
  next("biography", r.biography);
  next("token", r.token);
  simdjson::ondemand::object home = o["home"].get_object();
  take(home["street"].value(), r.home.street);
  take(home["city"].value(), r.home.city);
  take(home["zip"].value(), r.home.zip);
  take(home["floor"].value(), r.home.floor);
  take(home["latitude"].value(), r.home.latitude);
  take(home["longitude"].value(), r.home.longitude);
  for (auto element : o["history"].get_array())
    r.history.push_back(static_cast<int>(static_cast<std::int64_t>(element.get_int64())));
  simdjson::ondemand::value there;
  if (o["nickname"].get(there) == simdjson::SUCCESS) take(there, r.nickname.emplace());
  next("revision", r.revision);
  next("newsletter", r.newsletter);
  next("plan", r.plan);
  next("created_at", r.created_at);
}

// Measuring

struct contestant {
  char const* name;
  std::function<void()> once;
  std::vector<double> nanoseconds{};
};

void keep(void const* value) { asm volatile("" : : "g"(value) : "memory"); }

/// Processor time of this thread: what else runs on the machine takes none of it.
double now_ns() {
  timespec at{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &at);
  return static_cast<double>(at.tv_sec) * 1e9 + static_cast<double>(at.tv_nsec);
}

double one_round(contestant const& who, std::size_t times) {
  auto const from = now_ns();
  for (std::size_t i = 0; i < times; ++i) who.once();
  return (now_ns() - from) / static_cast<double>(times);
}

double median(std::vector<double> of) {
  std::nth_element(of.begin(), of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2), of.end());
  return of[of.size() / 2];
}

void run(char const* title, std::vector<contestant>& all, std::size_t rounds, std::size_t size) {
  for (auto& who : all) one_round(who, 2000); // warm
  for (std::size_t round = 0; round < rounds; ++round)
    for (auto& who : all) who.nanoseconds.push_back(one_round(who, 1000));
  std::printf("%s, %zu bytes\n", title, size);
  for (auto const& who : all) {
    std::vector<double> ratios;
    for (std::size_t i = 0; i < rounds; ++i)
      ratios.push_back(who.nanoseconds[i] / all.front().nanoseconds[i]);
    double const time = median(who.nanoseconds);
    std::printf("  %-34s %8.0f ns %8.0f MB/s   pando is %.2f x\n", who.name, time,
                static_cast<double>(size) * 1e3 / time, median(ratios));
  }
}

void demand(bool holds, char const* what) {
  if (holds) return;
  std::fprintf(stderr, "json: %s\n", what);
  std::exit(1);
}

} // namespace

int main(int count, char** arguments) {
  std::size_t const rounds = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 51;
  record const original = sample();
  pando::buffer out;
  pando::json::encode(original, out);
  std::string const text(out.view());
  simdjson::padded_string const padded(text);
  simdjson::ondemand::parser parser;

  std::string by_hand_text;
  encode_by_hand(original, by_hand_text);
  demand(text == by_hand_text, "pando and the appends by hand disagree");
  auto const same = [&](record const& r) {
    std::string again;
    encode_by_hand(r, again);
    return again == text;
  };

  std::vector<contestant> decoders;
  decoders.push_back({"pando::json::decode", [&] {
                        record r{};
                        pando::violations faults;
                        demand(pando::json::decode(text, r, faults), "pando refuses");
                        keep(&r);
                      }});
  decoders.push_back({"boost basic_parser, by hand", [&] {
                        record r{};
                        demand(decode_by_hand(text, r), "the handler by hand refuses");
                        keep(&r);
                      }});
  decoders.push_back({"boost parse + value_to", [&] {
                        auto const r = boost::json::value_to<record>(boost::json::parse(text));
                        keep(&r);
                      }});
  decoders.push_back({"simdjson on demand", [&] {
                        record r{};
                        decode_simdjson(parser, padded, r);
                        keep(&r);
                      }});
  decoders.push_back({"nlohmann", [&] {
                        record r{};
                        from_json(nlohmann::json::parse(text), r);
                        keep(&r);
                      }});

  record check{};
  pando::violations faults;
  demand(pando::json::decode(text, check, faults) && same(check), "pando decodes wrongly");
  check = {};
  demand(decode_by_hand(text, check) && same(check), "the handler by hand decodes wrongly");
  check = {};
  decode_simdjson(parser, padded, check);
  demand(same(check), "simdjson decodes wrongly");
  demand(same(boost::json::value_to<record>(boost::json::parse(text))), "the tree decodes wrongly");

  std::string reused;
  std::vector<contestant> encoders;
  encoders.push_back({"pando::json::encode", [&] {
                        out.clear();
                        pando::json::encode(original, out);
                        keep(out.data());
                      }});
  encoders.push_back({"appends by hand, reused string", [&] {
                        reused.clear();
                        encode_by_hand(original, reused);
                        keep(reused.data());
                      }});
  encoders.push_back({"boost value_from + serialize", [&] {
                        auto const made = boost::json::serialize(boost::json::value_from(original));
                        keep(made.data());
                      }});
  encoders.push_back({"nlohmann", [&] {
                        auto const made = nlohmann::json(original).dump();
                        keep(made.data());
                      }});

  run("decode", decoders, rounds, text.size());
  run("encode", encoders, rounds, text.size());
}
