-- Amounts, dates, yes and no, as they are written in English and French.

CREATE MACRO bare(x) AS CASE
  WHEN prefix(x, ' ') OR suffix(x, ' ') OR prefix(x, chr(160)) OR suffix(x, chr(160))
    OR prefix(x, chr(9)) OR suffix(x, chr(9)) OR prefix(x, chr(10)) OR suffix(x, chr(10))
    OR prefix(x, chr(13)) OR suffix(x, chr(13)) OR prefix(x, chr(65279))
  THEN nullif(trim(x, E' \t\r\n' || chr(160) || chr(65279)), '') ELSE nullif(x, '') END;
CREATE MACRO said(b) AS CASE
  WHEN length(b) < 5 AND NOT (b >= '0' AND b < ':')
    AND list_contains(['NULL', 'null', 'NaN', 'nan', '\N'], b) THEN NULL
  WHEN strlen(b) = length(b) OR NOT regexp_matches(b, '\p{M}') THEN b ELSE nfc_normalize(b) END;
CREATE MACRO something(b) AS CASE
  WHEN length(b) < 5 AND NOT (b >= '0' AND b < ':')
    AND list_contains(['null', 'nan', 'n/a', 'na', 'none', '-', '--', '—', '#n/a', 'nil', '\n',
      'nat'], lower(b)) THEN NULL ELSE b END;
CREATE MACRO plainer(x) AS lower(strip_accents(x));

CREATE MACRO digits(x) AS trim(regexp_replace(
  translate(x, chr(8722) || chr(8211) || chr(160) || chr(8239) || '’', '--  '''),
  '(?i)(euros?|eur|usd|gbp|chf|cad|brl|r\$|[€$£¥%])', '', 'g'));
CREATE MACRO signed(x) AS regexp_replace(regexp_replace(regexp_replace(x,
  '^\((.*)\)$', '-\1'), '^(.*\d) ?-$', '-\1'), '^([-+]) ', '\1');
CREATE MACRO grouped(x) AS regexp_replace(x, '[ ''](\d{3})\b', '\1', 'g');
CREATE MACRO pointed(x, mark) AS CASE
  WHEN regexp_full_match(x, '[-+]?\d{1,3}(\.\d{3})+,\d*')
    THEN replace(replace(x, '.', ''), ',', '.')
  WHEN regexp_full_match(x, '[-+]?\d{1,3}(,\d{3})+\.\d*') THEN replace(x, ',', '')
  WHEN regexp_full_match(x, '[-+]?\d{1,3}(,\d{3}){2,}') THEN replace(x, ',', '')
  WHEN regexp_full_match(x, '[-+]?\d{1,3}(\.\d{3}){2,}') THEN replace(x, '.', '')
  WHEN mark = '.' AND regexp_full_match(x, '[-+]?[1-9]\d{0,2},\d{3}') THEN replace(x, ',', '')
  WHEN mark = ',' AND regexp_full_match(x, '[-+]?[1-9]\d{0,2}\.\d{3}') THEN replace(x, '.', '')
  WHEN regexp_full_match(x, '[-+]?(\d+[.,]?\d*|[.,]\d+)([eE][-+]?\d{1,2})?')
    THEN replace(x, ',', '.') END;

-- a cell as it is said (t) and with its figure laid bare (d): see `laid_bare`
CREATE MACRO figure(t, d, mark) AS CASE
  WHEN mark = '.' AND try_cast(t AS DECIMAL(18, 2)) IS NOT NULL THEN t ELSE pointed(d, mark) END;
CREATE MACRO as_money(t, d, mark) AS try_cast(figure(t, d, mark) AS DECIMAL(18, 2));
CREATE MACRO as_exact(t, d, mark) AS try_cast(figure(t, d, mark) AS DECIMAL(18, 6));
CREATE MACRO as_number(t, d, mark) AS try_cast(figure(t, d, mark) AS DOUBLE);
CREATE MACRO as_whole(t, d, mark) AS CASE
  WHEN as_exact(t, d, mark) = floor(as_exact(t, d, mark)) THEN as_exact(t, d, mark)::BIGINT END;
CREATE MACRO as_rating(t, d, mark) AS coalesce(
  as_number(t, d, mark),
  try_cast(replace(regexp_extract(t, '^([\d.,]+) ?(?:stars?|étoiles?|/ ?5)$', 1), ',', '.')
    AS DOUBLE),
  try_cast(replace(regexp_extract(t, '^([\d.,]+) ?/ ?10$', 1), ',', '.') AS DOUBLE) / 2,
  CASE WHEN regexp_full_match(t, '★+☆*') THEN length(replace(t, '☆', ''))::DOUBLE END);

CREATE MACRO month_of(w) AS CASE
  WHEN w LIKE 'jan%' THEN 1 WHEN w LIKE 'fe%' OR w LIKE 'fev%' THEN 2 WHEN w LIKE 'mar%' THEN 3
  WHEN w LIKE 'avr%' OR w LIKE 'apr%' OR w LIKE 'abr%' THEN 4
  WHEN w LIKE 'mai%' OR w LIKE 'may%' THEN 5 WHEN w LIKE 'juin%' OR w LIKE 'jun%' THEN 6
  WHEN w LIKE 'juil%' OR w LIKE 'jul%' THEN 7
  WHEN w LIKE 'aou%' OR w LIKE 'aug%' OR w LIKE 'ago%' THEN 8
  WHEN w LIKE 'sep%' OR w LIKE 'set%' THEN 9 WHEN w LIKE 'oct%' OR w LIKE 'out%' THEN 10
  WHEN w LIKE 'nov%' THEN 11 WHEN w LIKE 'dec%' OR w LIKE 'dez%' THEN 12 END;
CREATE MACRO full_year(y) AS CASE WHEN length(y) = 4 THEN y::INT
  WHEN y::INT > 70 THEN 1900 + y::INT ELSE 2000 + y::INT END;
CREATE MACRO clock(t) AS CASE WHEN t IS NULL OR t = '' THEN '00:00'
  WHEN regexp_matches(lower(t), '[ap]\.?m')
    THEN strftime(try_strptime(upper(replace(t, '.', '')), ['%I:%M:%S %p', '%I:%M %p', '%I:%M:%S%p',
      '%I:%M%p']), '%H:%M:%S')
  ELSE regexp_replace(regexp_replace(t, '^(\d{1,2}) ?h ?(\d\d)?.*$', '\1:\2'), ':$', ':00') END;
CREATE MACRO built(y, m, d, t) AS
  try_cast(printf('%04d-%02d-%02d', full_year(y), m::INT, d::INT) || ' ' || clock(t) AS TIMESTAMP);
CREATE MACRO slashed(x, i) AS regexp_extract(x,
  '^(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})(?:[ ,T]+(.*))?$', i);
CREATE MACRO spelt(x, i) AS regexp_extract(x,
  '^(\d{1,2})(?:st|nd|rd|th|er)?[ \-]([^\d\s.]{3,})\.?,?[ \-](\d{4}|\d{2})(?:[ ,]+(.*))?$', i);
CREATE MACRO spelt_us(x, i) AS regexp_extract(x,
  '^([^\d\s.]{3,})\.? (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})(?:[ ,]+(.*))?$', i);
CREATE MACRO iso(x) AS try_cast(
  CASE WHEN length(x) = 7 THEN x || '-01' WHEN length(x) <= 19 THEN x
    ELSE regexp_replace(x, ' ?(Z|UTC|GMT|[-+]\d\d:?\d\d|[-+]\d\d)( UTC| GMT)?$', '') END
  AS TIMESTAMP);
CREATE MACRO counted(x) AS CASE
    WHEN regexp_full_match(x, '(19|20)\d{6}') THEN try_strptime(x, '%Y%m%d')
    WHEN regexp_full_match(x, '(19|20)\d{12}') THEN try_strptime(x, '%Y%m%d%H%M%S')
    WHEN regexp_full_match(x, '[2-7]\d{4}(\.\d+)?')
      THEN TIMESTAMP '1899-12-30' + to_microseconds((round(x::DOUBLE * 86400) * 1000000)::BIGINT)
    WHEN regexp_full_match(x, '\d{9,10}(\.\d+)?') THEN make_timestamp((x::DOUBLE * 1000000)::BIGINT)
    WHEN regexp_full_match(x, '\d{12,13}') THEN make_timestamp(x::BIGINT * 1000)
    WHEN regexp_full_match(x, '\d{15,16}') THEN make_timestamp(x::BIGINT) END;
-- 26-11-24 with its year first, as day, month, year
CREATE MACRO turned(x) AS regexp_replace(x,
  '^(\d{2})([/.\- ])(\d{1,2})[/.\- ](\d{1,2})(\D.*)?$', '\4\2\3\2\1\5');
-- what can be read in one way only
CREATE MACRO plain_moment(x) AS CASE
  WHEN x[5] IN ('-', '/') THEN iso(x)
  WHEN regexp_full_match(x, '\d+(\.\d+)?') THEN counted(x) END;
CREATE MACRO as_moment(x, day_first) AS CASE
  WHEN x[5] IN ('-', '/') THEN iso(x)
  WHEN regexp_full_match(x, '\d+(\.\d+)?') THEN counted(x)
  WHEN slashed(x, 1) <> '' THEN CASE
    WHEN slashed(x, 2)::INT > 12 OR NOT day_first
      THEN built(slashed(x, 3), slashed(x, 1), slashed(x, 2), slashed(x, 4))
    ELSE built(slashed(x, 3), slashed(x, 2), slashed(x, 1), slashed(x, 4)) END
  WHEN spelt(x, 1) <> ''
    THEN built(spelt(x, 3), month_of(plainer(spelt(x, 2))), spelt(x, 1), spelt(x, 4))
  WHEN spelt_us(x, 1) <> ''
    THEN built(spelt_us(x, 3), month_of(plainer(spelt_us(x, 1))), spelt_us(x, 2), spelt_us(x, 4))
  END;
CREATE MACRO likely(m) AS CASE WHEN m BETWEEN TIMESTAMP '1900-01-01' AND TIMESTAMP '2199-12-31'
  THEN m END;

CREATE MACRO as_yes(x) AS CASE
  WHEN list_contains(['oui', 'yes', 'true', 'vrai', '1', '1.0', 'y', 'o', 't', 'x', 'on', 'sim',
    'opt-in', 'optin', 'opted in', 'opted-in', 'granted', 'subscribed', 'accepted', 'accepte',
    'consent', 'abonne', 'inscrit', 'si', '✓'], plainer(x)) THEN true
  WHEN list_contains(['non', 'no', 'false', 'faux', '0', '0.0', 'n', 'f', 'off', 'nao', 'opt-out',
    'optout', 'opted out', 'opted-out', 'denied', 'unsubscribed', 'refused', 'refuse',
    'not_subscribed', 'never subscribed', 'never_subscribed', 'nonsubscribed',
    'no consent', 'desabonne', 'desinscrit', 'unspecified', 'pending'],
    plainer(x))
    THEN false END;
CREATE MACRO as_key(x) AS CASE WHEN x IS NOT NULL THEN coalesce(nullif(trim(regexp_replace(
  plainer(replace(x, 'ß', 'ss')), '[^a-z0-9]+', '-', 'g'), '-'), ''), 'x') END;
CREATE MACRO as_signed(x, dollar) AS CASE WHEN contains(x, '€') THEN 'EUR'
  WHEN contains(x, '£') THEN 'GBP' WHEN contains(x, 'R$') THEN 'BRL'
  WHEN contains(x, '$') THEN dollar END;
CREATE MACRO as_currency(x) AS CASE x WHEN '€' THEN 'EUR' WHEN '$' THEN 'USD' WHEN '£' THEN 'GBP'
  ELSE upper(x) END;
CREATE MACRO hidden(x) AS CASE WHEN contains(x, '@')
  THEN regexp_replace(x, '[\w.+%&-]+@[\w-]+(\.[\w-]+)+', '[EMAIL]', 'g') ELSE x END;
CREATE MACRO as_step(x) AS CASE
  WHEN list_contains(['view', 'view_item', 'page_view', 'pageview', 'product_view', 'viewed',
    'product viewed', 'viewed product', 'vue', 'consultation', 'page vue', 'vue produit',
    'view product', 'product_viewed', 'page_viewed', 'viewcontent'], plainer(x)) THEN 'view'
  WHEN list_contains(['cart', 'add_to_cart', 'addtocart', 'add to cart', 'added to cart', 'panier',
    'ajout au panier', 'ajout panier', 'product added', 'product_added_to_cart'], plainer(x))
    THEN 'cart'
  WHEN list_contains(['checkout', 'begin_checkout', 'checkout_started', 'initiate_checkout',
    'checkout started', 'initiatecheckout', 'paiement', 'tunnel',
    'commande commencee'], plainer(x)) THEN 'checkout'
  WHEN list_contains(['purchase', 'order', 'transaction', 'checkout_completed', 'order completed',
    'purchased', 'achat', 'commande', 'buy', 'order_completed', 'placed order'], plainer(x))
    THEN 'purchase'
  ELSE lower(x) END;
CREATE MACRO known_status(x) AS CASE
  WHEN list_contains(['unpaid', 'pending payment', 'awaiting payment', 'on hold', 'on-hold',
    'payment review', 'suspected fraud', 'payment error', 'awaiting check payment',
    'awaiting bank wire payment', 'awaiting cash on delivery validation', 'attente paiement',
    'en attente de paiement', 'en attente du paiement par cheque', 'erreur de paiement',
    'en attente de virement bancaire', 'en attente du paiement a la livraison'], plainer(x))
    OR regexp_matches(plainer(x), '^en attente d[eu] paiement |\((not paid|non paye)\)$')
    THEN 'unpaid'
  WHEN list_contains(['cancelled', 'canceled', 'voided', 'annulee', 'annule', 'cancelado',
    'unavailable', 'failed', 'echouee'], plainer(x)) THEN 'cancelled'
  WHEN list_contains(['returned', 'refunded', 'retournee', 'retourne', 'remboursee', 'rembourse',
    'devolvido'], plainer(x)) THEN 'returned'
  WHEN list_contains(['sold', 'paid', 'fulfilled', 'completed', 'complete', 'delivered', 'shipped',
    'processing', 'approved', 'invoiced', 'created', 'livree', 'payee', 'expediee', 'terminee',
    'partially_refunded', 'vendu', 'vendue', 'processed', 'pending', 'partially refunded', 'partially shipped',
    'unshipped', 'awaiting fulfillment', 'awaiting shipment', 'awaiting pickup', 'livre',
    'expedie', 'termine', 'payment accepted', 'remote payment accepted', 'paiement accepte',
    'paiement a distance accepte', 'processing in progress', 'en cours de preparation',
    'en cours de traitement'], plainer(x)) OR regexp_matches(plainer(x), '\((paid|paye)\)$')
    THEN 'sold'
  ELSE lower(x) END;
CREATE MACRO as_status(x) AS CASE
  WHEN list_contains(['wc-pending', 'wc-failed', 'wc-checkout-draft'], lower(x)) THEN 'unpaid'
  ELSE known_status(regexp_replace(x, '(?i)^wc-', '')) END;
CREATE MACRO as_device(x) AS CASE
  WHEN list_contains(['mobile', 'phone', 'smartphone', 'telephone', 'iphone', 'android',
    'celular'], plainer(x)) THEN 'mobile'
  WHEN list_contains(['desktop', 'computer', 'ordinateur', 'pc', 'web', 'laptop'], plainer(x))
    THEN 'desktop'
  WHEN plainer(x) IN ('tablet', 'tablette', 'ipad') THEN 'tablet' ELSE lower(x) END;
CREATE MACRO as_channel(x) AS CASE
  WHEN list_contains(['email', 'e-mail', 'emails', 'e-mails', 'courriel'], plainer(x)) THEN 'email'
  WHEN plainer(x) IN ('sms', 'push') THEN plainer(x) ELSE hidden(x) END;
