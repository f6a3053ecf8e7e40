// More fields than can be found by themselves.
// expect-first: pando: the fields of this struct cannot be found by themselves
// expect: Shop
// expect: Order
// expect: more than 32 fields
// expect-named: "buy"
#include <boost/hana/adapt_struct.hpp>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
struct Order {
  int field0;
  int field1;
  int field2;
  int field3;
  int field4;
  int field5;
  int field6;
  int field7;
  int field8;
  int field9;
  int field10;
  int field11;
  int field12;
  int field13;
  int field14;
  int field15;
  int field16;
  int field17;
  int field18;
  int field19;
  int field20;
  int field21;
  int field22;
  int field23;
  int field24;
  int field25;
  int field26;
  int field27;
  int field28;
  int field29;
  int field30;
  int field31;
  int field32;
};
BOOST_HANA_ADAPT_STRUCT(Order, field0, field1, field2, field3, field4, field5, field6, field7,
                        field8, field9, field10, field11, field12, field13, field14, field15,
                        field16, field17, field18, field19, field20, field21, field22, field23,
                        field24, field25, field26, field27, field28, field29, field30, field31,
                        field32);
#else
struct Order {
  int field0;
  int field1;
  int field2;
  int field3;
  int field4;
  int field5;
  int field6;
  int field7;
  int field8;
  int field9;
  int field10;
  int field11;
  int field12;
  int field13;
  int field14;
  int field15;
  int field16;
  int field17;
  int field18;
  int field19;
  int field20;
  int field21;
  int field22;
  int field23;
  int field24;
  int field25;
  int field26;
  int field27;
  int field28;
  int field29;
  int field30;
  int field31;
  int field32;
};
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
