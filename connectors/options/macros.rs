//! The two macros that declare options and choices. See the example in [`super`].

/// Declares a struct of options.
///
/// Each field has, in this order: a doc comment (English), `#[fr = "…"]`, `#[example = "…"]` (TOML), optionally
/// `#[unit = "…"]` and `#[range(least, most)]`, then `name: Type`, and `= default` when there is one. `Option<T>` is optional;
/// everything else without a default is required. `#[check = function]` on the struct names a
/// `fn(&Self, &Section<'_>, &mut Problems) -> bool` that looks at the fields together.
#[macro_export]
macro_rules! options {
    (@default) => { ::core::option::Option::None };
    (@default $default:expr) => { ::core::option::Option::Some($default) };
    (@unit) => { ::core::option::Option::None };
    (@unit $unit:literal) => { ::core::option::Option::Some($unit) };
    (@bounds) => { ::core::option::Option::None };
    (@bounds $least:literal, $most:literal) => {
        ::core::option::Option::Some($crate::options::Bounds {
            least: $least as f64,
            most: $most as f64,
        })
    };
    (@check $value:ident, $section:ident, $problems:ident) => { true };
    (@check $value:ident, $section:ident, $problems:ident, $check:path) => {
        $check(&$value, $section, $problems)
    };
    (
        $(#[doc = $about:literal])+
        #[fr = $about_fr:literal]
        $(#[check = $check:path])?
        pub struct $name:ident {
            $(
                $(#[doc = $en:literal])+
                #[fr = $fr:literal]
                #[example = $example:literal]
                $(#[unit = $unit:literal])?
                $(#[range($least:literal, $most:literal)])?
                $field:ident : $type:ty $(= $default:expr)?
            ),+ $(,)?
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $(
                $(#[doc = $en])+
                pub $field: $type,
            )+
        }

        impl $crate::options::Options for $name {
            fn about() -> (&'static [&'static str], &'static str) {
                (&[$($about),+], $about_fr)
            }

            fn describe() -> &'static [$crate::options::FieldDoc] {
                static FIELDS: &[$crate::options::FieldDoc] = &[$(
                    $crate::options::FieldDoc {
                        name: stringify!($field),
                        en: &[$($en),+],
                        fr: $fr,
                        example: $example,
                        unit: $crate::options!(@unit $($unit)?),
                        bounds: $crate::options!(@bounds $($least, $most)?),
                        shape: <$type as $crate::options::Field>::shape,
                        default: || {
                            let default: ::core::option::Option<$type> =
                                $crate::options!(@default $($default)?);
                            default.map(|value| $crate::options::Field::to_json(&value))
                        },
                        required: || {
                            $crate::options::absent_or::<$type>(
                                $crate::options!(@default $($default)?)
                            )
                            .is_none()
                        },
                    }
                ),+];
                FIELDS
            }

            fn decode(
                section: &$crate::options::Section<'_>,
                problems: &mut $crate::options::Problems,
            ) -> ::core::option::Option<Self> {
                let mut docs = <Self as $crate::options::Options>::describe().iter();
                $(
                    let $field: ::core::option::Option<$type> = section.field(
                        docs.next().expect("there is a description for each field"),
                        $crate::options!(@default $($default)?),
                        problems,
                    );
                )+
                let value = Self { $($field: $field?),+ };
                $crate::options!(@check value, section, problems $(, $check)?).then_some(value)
            }

            fn to_json(&self) -> $crate::options::Json {
                let mut map = $crate::options::JsonMap::new();
                $(
                    map.insert(
                        stringify!($field).to_owned(),
                        $crate::options::Field::to_json(&self.$field),
                    );
                )+
                map.into()
            }
        }

        impl $crate::options::Field for $name {
            fn shape() -> $crate::options::Shape {
                $crate::options::Shape::Table(<Self as $crate::options::Options>::describe())
            }

            fn decode(
                entry: &$crate::options::Entry<'_>,
                problems: &mut $crate::options::Problems,
            ) -> ::core::option::Option<Self> {
                let section = entry.table(problems)?;
                let value = <Self as $crate::options::Options>::decode(&section, problems);
                section.finish(problems);
                value
            }

            fn to_json(&self) -> $crate::options::Json {
                $crate::options::Options::to_json(self)
            }

            fn absent() -> ::core::option::Option<Self> {
                ::core::option::Option::Some(Self {
                    $(
                        $field: $crate::options::absent_or($crate::options!(@default $($default)?))?,
                    )+
                })
            }

            fn rebase(&mut self, base: &::std::path::Path) {
                $( $crate::options::Field::rebase(&mut self.$field, base); )+
            }
        }
    };
}

/// Declares a list of allowed words.
///
/// The enum and each variant have a doc comment (English) and `#[fr = "…"]`; a variant is `Name = "word"`.
#[macro_export]
macro_rules! choice {
    (
        $(#[doc = $about:literal])+
        #[fr = $about_fr:literal]
        pub enum $name:ident {
            $(
                $(#[doc = $en:literal])+
                #[fr = $fr:literal]
                $variant:ident = $word:literal
            ),+ $(,)?
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $( $(#[doc = $en])+ $variant, )+
        }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word, as written in configuration.
            pub fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )+
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::options::Field for $name {
            fn shape() -> $crate::options::Shape {
                $crate::options::Shape::Choice(&[$(
                    $crate::options::ChoiceDoc { word: $word, en: &[$($en),+], fr: $fr }
                ),+])
            }

            fn decode(
                entry: &$crate::options::Entry<'_>,
                problems: &mut $crate::options::Problems,
            ) -> ::core::option::Option<Self> {
                let word = entry.choice(&[$($word),+], problems)?;
                Self::ALL.iter().copied().find(|one| one.as_str() == word)
            }

            fn to_json(&self) -> $crate::options::Json {
                self.as_str().into()
            }
        }
    };
}
