// A walk over a value by its table, asking every rule on the way.
#pragma once

#include <string>

#include <pando/schema/check.hpp>
#include <pando/schema/text.hpp>

namespace pando::detail {

struct check_walk {
  violations& faults;
  std::string path{};
  std::size_t place = 0;

  /// Walks something inside, with `step` at the end of the path.
  template <class Step>
  void inside(Step step, schema::type const& of, void const* value) {
    auto const length = path.size();
    text::append_pointer_step(path, step);
    walk(of, value);
    path.resize(length);
  }

  void fields(schema::type const& of, void const* value) {
    void* at[schema::max_fields];
    of.addresses(const_cast<void*>(value), at);
    for (std::size_t i = 0; i < of.fields.size(); ++i)
      if (has_inside(*of.fields[i].of)) inside(of.fields[i].name, *of.fields[i].of, at[i]);
  }

  void elements(schema::type const& of, void const* value) {
    auto const* data = static_cast<char const*>(of.items->data(value));
    auto const count = of.items->size(value);
    for (std::size_t i = 0; i < count; ++i) inside(i, *of.element, data + i * of.element->size);
  }

  void keyed(schema::type const& of, void const* value) {
    struct state {
      check_walk* self;
      schema::type const* element;
      std::size_t index;
    } at{this, of.element, 0};
    of.items->each(value, &at, [](void* raw, std::string_view key, void const* element) {
      auto& now = *static_cast<state*>(raw);
      if (key.empty()) now.self->inside(now.index++, *now.element, element);
      else now.self->inside(key, *now.element, element);
      return true;
    });
  }

  /// Whether a rule may stand on it or in it.
  static bool has_inside(schema::type const& of) {
    return !of.rules.empty() || of.what >= schema::kind::optional;
  }

  void walk(schema::type const& of, void const* value) {
    for (auto const& rule : of.rules)
      if (!rule.check(value)) faults.add(path, rule.name, "must be " + rule.describe());
    switch (of.what) {
    case schema::kind::optional:
      if (of.items->size(value) != 0 && has_inside(*of.element))
        walk(*of.element, of.items->data(value));
      break;
    case schema::kind::list:
    case schema::kind::fixed_list:
      if (has_inside(*of.element)) elements(of, value);
      break;
    case schema::kind::set:
    case schema::kind::map:
      if (has_inside(*of.element)) keyed(of, value);
      break;
    case schema::kind::variant: {
      auto const& chosen = *of.alternatives[of.choice->index(value)];
      if (has_inside(chosen)) inside(std::string_view("value"), chosen, of.choice->get(value));
      break;
    }
    case schema::kind::structure:
      if (!of.fields.empty()) fields(of, value);
      break;
    default: break;
    }
  }
};

} // namespace pando::detail

namespace pando::schema {

PANDO_INLINE void check(type const& of, void const* value, violations& faults) {
  pando::detail::check_walk{faults}.walk(of, value);
}

} // namespace pando::schema
