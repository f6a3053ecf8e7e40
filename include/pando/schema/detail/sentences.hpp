// Why values of a type cannot be sent, said in a sentence that names the part at fault.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include <pando/meta/fault.hpp>
#include <pando/meta/fixed_string.hpp>
#include <pando/schema/detail/payload.hpp>
#include <pando/schema/detail/tables.hpp>

namespace pando {

/// The words of a compile-time error: the type at fault, the struct that has it, the route.
template <class Part, class Owner, class... Where>
inline constexpr bool can_be_sent = false;

/// Names a route in a compile-time error.
template <class Contract, fixed_string Route>
struct in_route;

namespace detail {

template <payload_fault Fault, class Part, class Owner, class... Where>
struct payload_sentence : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          can_be_sent<Part, Owner, Where...>,
          "pando: values of this type cannot be sent; use bool, an integer, float, double, "
          "std::string, an enum, optional, vector, array, set, a map with string keys, "
          "variant, chrono, uuid, bytes or a struct of these, or write "
          "BOOST_HANA_ADAPT_STRUCT(Type, field, ...) after a class with private members, "
          "or specialise pando::travels_as: type, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::hidden_fields, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(can_be_sent<Part, Owner, Where...>,
                    "pando: the fields of this struct cannot be found by themselves (it has a base "
                    "class, a bit-field, a C array, or more than 32 fields); write "
                    "BOOST_HANA_ADAPT_STRUCT(Type, field, ...) after it: struct, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::too_many_fields, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(can_be_sent<Part, Owner, Where...>,
                    "pando: a struct that is sent has at most 64 fields; put some of them into a "
                    "struct of their own: struct, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::not_movable, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          can_be_sent<Part, Owner, Where...>,
          "pando: a struct that is sent is made empty and then filled: it needs a default "
          "constructor and move assignment, and so does each member (none is const, a reference or "
          "a type without default constructor): struct, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::no_enumerators, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          can_be_sent<Part, Owner, Where...>,
          "pando: this enumeration has no enumerator from -16 to 127, which are found by "
          "themselves; specialise pando::travels_as for it: enumeration, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::fractional_time, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(can_be_sent<Part, Owner, Where...>,
                    "pando: durations and time points travel as whole counts; use an integral "
                    "representation: type, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::key_is_no_string, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          can_be_sent<Part, Owner, Where...>,
          "pando: the keys of a map that is sent are std::string; use a vector of structs "
          "for others: map, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::same_names, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(can_be_sent<Part, Owner, Where...>,
                    "pando: two alternatives of this variant have one name on the wire; numbers, "
                    "texts and containers go by their kind, structs by their name: put one into a "
                    "struct: variant, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::no_default, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          can_be_sent<Part, Owner, Where...>,
          "pando: a type that travels as another needs a default constructor: type, where "
          "it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::no_conversion, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(can_be_sent<Part, Owner, Where...>,
                    "pando: pando::travels_as of this type needs using type = Wire, static Type "
                    "from(Wire const&) and static Wire to(Type const&): type, where it stands");
    }
  };
};
template <class Part, class Owner, class... Where>
struct payload_sentence<payload_fault::too_deep, Part, Owner, Where...> : any_fault {
  template <class Result>
  struct in_place_of : Result {
    ~in_place_of() {
      static_assert(
          can_be_sent<Part, Owner, Where...>,
          "pando: a type that is sent has parts within parts up to 32 deep, and up to 1024 "
          "different ones: type, where it stands");
    }
  };
};

template <class Type>
inline constexpr payload_path unsendable_in = find_unsendable(type_table<Type>);

template <class Type>
inline constexpr bool is_sendable = !unsendable_in<Type>.found && !unsendable_in<Type>.room_ran_out;

template <std::size_t Index, class List>
struct part_at;
template <std::size_t Index, class... Parts>
struct part_at<Index, meta::list<Parts...>> {
  using type = std::tuple_element_t<Index, std::tuple<Parts...>>;
};

/// Follows the path from a type to its part at fault; the owner is the last struct on the way.
template <class Root, class Type, class Owner, std::size_t Depth, class... Where>
constexpr auto fault_on_path() {
  using table = table_of<Type>;
  using subject = typename table::subject;
  if constexpr (unsendable_in<Root>.depth == Depth) {
    return payload_sentence<table::fault, subject, Owner, Where...>{};
  } else {
    using next = typename part_at<unsendable_in<Root>.part[Depth], typename table::parts>::type;
    constexpr bool owns = table_shape_of<subject>() == table_shape::structure;
    using owner = std::conditional_t<owns, subject, Owner>;
    return fault_on_path<Root, next, owner, Depth + 1, Where...>();
  }
}

template <class Type, class... Where>
constexpr auto find_payload_fault() {
  if constexpr (is_sendable<Type>)
    return no_fault{};
  else if constexpr (!unsendable_in<Type>.found)
    return payload_sentence<payload_fault::too_deep, Type, Type, Where...>{};
  else
    return fault_on_path<Type, Type, Type, 0, Where...>();
}

/// The fault of a type that is to be sent, or `no_fault`.
template <class Type, class... Where>
using payload_fault_of = decltype(find_payload_fault<Type, Where...>());

} // namespace detail
} // namespace pando
