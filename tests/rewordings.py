"""What a good writer, and a bad one, could make of the sample shop's analyses.

`[[kind.subject.measure]]` is the fact as people read it, so that no figure is typed here. Each row:
(question, part, text); an invention has what it invents before it.
"""

SAY = "what do customers say?"
SIZING = "what do customers say about sizing?"
LINEN = "whom should I target for the linen launch?"
BLOCKS = "what blocks sales right now?"
AGAIN = "who is likely to buy again in the next 60 days?"
LEAVE = "who will leave us?"
NEXT = "what will linen buyers buy next?"
TRENDS = "trends in sales this month"
PHOTOS = "how did the photos test do?"
TESTS = "read our tests"
PLAN = "plan a test of free delivery on the basket page"
LOYAL = "how many loyal customers do we have?"
MOVED = "what moved this week?"
FRENCH = {
    SAY: "que disent les clients ?",
    SIZING: "que disent les clientes sur les tailles ?",
    LINEN: "qui cibler pour le lancement du lin ?",
    BLOCKS: "qu’est-ce qui freine les ventes en ce moment ?",
    AGAIN: "qui va racheter dans les 60 prochains jours ?",
    LEAVE: "qui risque de partir ?",
    NEXT: "que vont acheter les acheteurs de lin ensuite ?",
    TRENDS: "tendances des ventes ce mois-ci",
    PHOTOS: "qu'a donné le test des photos ?",
    TESTS: "lis nos tests",
    PLAN: "prépare un test de livraison offerte sur la page panier",
    LOYAL: "combien de clients fidèles avons-nous ?",
    MOVED: "le point de la semaine",
}
LATE = "feedback.delivery-late"
PHONES = "funnel.device-mobile-checkout-to-purchase"
CANDLES = "trends.category-bougies-et-senteurs"
WORN = "experiments.photos-portees--purchase"

HONEST_EN = (
    (SAY, "finding", f"Late parcels are what customers write about most now: [[{LATE}.share-now]] "
     f"of their texts since [[feedback.all.now-first-day]], up from [[{LATE}.share-before]]."),
    (SAY, "finding", f"More and more customers write that their parcels are late: "
     f"[[{LATE}.share-now]] of what they wrote, [[{LATE}.share-before]] before."),
    (SAY, "summary", "Paying on the phone is new: [[feedback.website-phone.share-now]] of the "
     "texts, nothing before (confirmed). Questions about stock grew from "
     "[[feedback.stock.share-before]] to [[feedback.stock.share-now]] (confirmed)."),
    (SAY, "summary", "People like the quality: [[feedback.quality.praise-share]] of "
     "[[feedback.quality.texts]] texts praise it. Late parcels are told most in region 33: "
     "[[feedback.delivery-late--region-33.share]] of its texts."),
    (SAY, "fix_first", f"1. Late parcels ([[{LATE}.complaints]] complaints): call the carrier, then "
     "tell those who still wait.\n2. Paying on the phone "
     "([[feedback.website-phone.complaints]] complaints): try a purchase on several phones."),
    (SIZING, "finding", "Sizing comes up in [[feedback.sizing.texts]] of [[feedback.all.texts]] "
     "texts, always as a complaint."),
    (SIZING, "summary", "The Alba shirt is where it is told most. Ratings are good all the same: "
     "[[feedback.all.happy-share]] of them."),
    (LINEN, "finding", "Begin with your best and loyal customers: [[audiences.loyal.customers]] fit, "
     "[[audiences.loyal.by-email]] can be reached by e-mail, and [[audiences.loyal.bought-share]] "
     "bought linen clothes within 90 days, against [[audiences.loyal.others-share]] of everybody."),
    (LINEN, "audiences", "1. Best and loyal customers: [[audiences.loyal.customers]] in all. Such "
     "people bought more often: [[audiences.loyal.bought-share]] "
     "([[audiences.loyal.bought-share-low]] to [[audiences.loyal.bought-share-high]]) against "
     "[[audiences.loyal.others-share]] (confirmed).\n2. Buyers of Vêtements en lin: "
     "[[audiences.buyers.customers]] in all, [[audiences.buyers.bought-share]] bought again "
     "(confirmed)."),
    (LINEN, "say", "Best and loyal customers: let them see it before the others; "
     "[[audiences.loyal.by-email]] by e-mail, [[audiences.loyal.by-sms]] by SMS."),
    (LINEN, "risks", "Best and loyal customers: [[audiences.loyal.bought-share]] bought anyway, so a "
     "discount costs you more than it brings."),
    (BLOCKS, "finding", f"Since [[{PHONES}.since]] phones lose buyers at the last step: only "
     f"[[{PHONES}.rate]] of payments become a purchase, where [[{PHONES}.before]] did before; that "
     f"is about [[{PHONES}.lost-money]] so far, very likely between [[{PHONES}.lost-money-low]] and "
     f"[[{PHONES}.lost-money-high]]."),
    (BLOCKS, "blockers", "– Parcels are late in regions 33, 40 and 64 and around: "
     "[[delivery.late-regions.late]] against [[delivery.late-regions.rest]] elsewhere, since "
     "[[delivery.late-regions.since]]."),
    (BLOCKS, "blockers", "– Parcels come late in the south-west: [[delivery.late-regions.late]] "
     "are, [[delivery.late-regions.rest]] elsewhere."),
    (BLOCKS, "blockers", "– We still pay for ads on the mohair throw, which is sold out: "
     "[[campaigns.stuck--plaid-mohair.clicks]] clicks, no order, "
     "[[campaigns.stuck--plaid-mohair.spend]] gone since [[campaigns.stuck--plaid-mohair.since]]."),
    (BLOCKS, "next", "1. Buy something on a phone yourself today, and pay.\n2. Ask the carrier what "
     "happens in these regions.\n3. Pause the keyword plaid mohair."),
    (BLOCKS, "blockers", "– The Alba shirt comes back most: [[trends.returns-lin-alba.rate]] of the "
     "pieces, [[trends.returns-lin-alba.rest]] of other products; most say that it is too small."),
    (AGAIN, "finding", "About [[behaviour.buy-60-days.expected-buyers]] are likely to order within "
     "60 days; [[behaviour.buy-60-days.customers-likely]] have better than even odds."),
    (AGAIN, "what_to_do", "Show the likeliest your new products first, without a discount. Leave "
     "some of them out, so that you learn what the e-mail adds."),
    (LEAVE, "finding", "[[segments.at-risk.customers]] are at risk, all of them among your best, and "
     "[[segments.drifting-away.customers]] are drifting away."),
    (LEAVE, "summary", "Such a silence need not be the end: [[behaviour.drifting-90-days.bought]] "
     "of those silent so long bought again within 90 days."),
    (TRENDS, "finding", f"Candles and scents took off: [[{CANDLES}.last]] a week, where "
     f"[[{CANDLES}.expected]] were expected (confirmed)."),
    (TRENDS, "moved", f"Candles have been above what was expected since the week of "
     f"[[{CANDLES}.since]]. Orders as a whole did nothing unusual: [[trends.total-orders.last]], "
     "with [[trends.total-orders.expected]] expected."),
    (TRENDS, "moved", f"On phones, [[{PHONES}.rate]] of payments now end in a purchase, down from "
     f"[[{PHONES}.before]] (confirmed); about [[{PHONES}.lost-buyers]] are missing."),
    (TRENDS, "watch", "Tea towels come back slightly more often, [[trends.returns-cui-torchons.rate]]"
     " against [[trends.returns-cui-torchons.rest]]: to watch."),
    (TRENDS, "next", "1. Make sure there are enough candles in stock.\n2. Put scents on the home "
     "page while they sell."),
    (PHOTOS, "finding", f"Variant B won: [[{WORN}--b.rate]] bought, [[{WORN}--a.rate]] with A, a "
     f"difference of [[{WORN}--b.effect]], most likely between 0.66 and 1.74."),
    (PHOTOS, "summary", f"[[{WORN}.users]] people took part between [[{WORN}.first-day]] and "
     f"[[{WORN}.last-day]], and the split was as meant."),
    (LOYAL, "answer", "You have [[segments.loyal.customers]] who count as loyal: "
     "[[segments.loyal.share-of-customers]] of all."),
    (MOVED, "finding", f"Phones lose buyers at payment: [[{PHONES}.rate]] get through, "
     f"[[{PHONES}.before]] before, about [[{PHONES}.lost-money]] lost since [[{PHONES}.since]]."),
    (MOVED, "moved", "– Confirmed: parcels to regions 33, 64 and others come late, "
     "[[delivery.late-regions.late]] against [[delivery.late-regions.rest]] elsewhere.\n"
     f"– Confirmed: candles and scents sell [[{CANDLES}.last]] a week, [[{CANDLES}.expected]] "
     "expected."),
    (MOVED, "moved", f"– Confirmed: customers write more about late parcels, from "
     f"[[{LATE}.share-before]] to [[{LATE}.share-now]] of their texts."),
)  # fmt: skip

HONEST_FR = (
    (SAY, "finding", f"Les retards de colis reviennent de plus en plus : [[{LATE}.share-now]] des "
     f"textes depuis le [[feedback.all.now-first-day]], contre [[{LATE}.share-before]] avant."),
    (SAY, "finding", f"Ce dont les clients parlent le plus, ce sont les colis en retard "
     f"([[{LATE}.share-now]] de leurs textes)."),
    (SAY, "summary", "Le paiement sur téléphone est un sujet nouveau : "
     "[[feedback.website-phone.share-now]] des textes, rien avant (confirmé). Le stock passe de "
     "[[feedback.stock.share-before]] à [[feedback.stock.share-now]] (confirmé)."),
    (SAY, "summary", "La qualité plaît : [[feedback.quality.praise-share]] des "
     "[[feedback.quality.texts]] textes en font l’éloge. Les colis en retard viennent surtout du "
     "département 33 ([[feedback.delivery-late--region-33.share]] de ses textes)."),
    (SAY, "fix_first", f"1. Colis en retard ([[{LATE}.complaints]] plaintes) : appelez le "
     "transporteur, puis écrivez à ceux qui attendent.\n2. Paiement sur téléphone "
     "([[feedback.website-phone.complaints]] plaintes) : essayez d’acheter avec votre téléphone."),
    (SIZING, "finding", "La taille revient dans [[feedback.sizing.texts]] textes sur "
     "[[feedback.all.texts]], toujours en plainte."),
    (SIZING, "summary", "C’est la chemise Alba qui en fait le plus parler. Les notes restent "
     "bonnes : [[feedback.all.happy-share]]."),
    (LINEN, "finding", "Commencez par vos meilleurs clients et vos fidèles : "
     "[[audiences.loyal.customers]] clients, dont [[audiences.loyal.by-email]] par e-mail ; "
     "[[audiences.loyal.bought-share]] ont acheté des vêtements en lin en 90 jours, contre "
     "[[audiences.loyal.others-share]] de l’ensemble."),
    (LINEN, "audiences", "1. Meilleurs clients et fidèles : [[audiences.loyal.customers]] en tout. "
     "Ils achètent plus souvent : [[audiences.loyal.bought-share]] "
     "([[audiences.loyal.bought-share-low]] à [[audiences.loyal.bought-share-high]]) contre "
     "[[audiences.loyal.others-share]] (confirmé).\n2. Qui a acheté Vêtements en lin : "
     "[[audiences.buyers.customers]] en tout, [[audiences.buyers.bought-share]] ont racheté "
     "(confirmé)."),
    (LINEN, "say", "Meilleurs clients et fidèles : montrez-le-leur avant les autres ; "
     "[[audiences.loyal.by-email]] par e-mail, [[audiences.loyal.by-sms]] par SMS."),
    (LINEN, "risks", "Meilleurs clients et fidèles : [[audiences.loyal.bought-share]] ont acheté de "
     "toute façon ; une remise coûterait plus qu’elle ne rapporte."),
    (BLOCKS, "finding", f"Depuis le [[{PHONES}.since]], le paiement perd des acheteurs sur "
     f"téléphone : [[{PHONES}.rate]] vont au bout, contre [[{PHONES}.before]] avant ; cela fait "
     f"environ [[{PHONES}.lost-money]], sans doute entre [[{PHONES}.lost-money-low]] et "
     f"[[{PHONES}.lost-money-high]]."),
    (BLOCKS, "blockers", "– Les colis sont en retard dans les départements 33, 40, 64 et autour : "
     "[[delivery.late-regions.late]], contre [[delivery.late-regions.rest]] ailleurs."),
    (BLOCKS, "blockers", "– Les colis arrivent en retard dans le Sud-Ouest : "
     "[[delivery.late-regions.late]], contre [[delivery.late-regions.rest]] ailleurs."),
    (BLOCKS, "blockers", "– Nous payons encore de la publicité pour le plaid en mohair, épuisé : "
     "[[campaigns.stuck--plaid-mohair.clicks]] clics, aucune commande, "
     "[[campaigns.stuck--plaid-mohair.spend]] perdus."),
    (BLOCKS, "next", "1. Achetez vous-même quelque chose sur un téléphone aujourd’hui.\n2. Demandez "
     "au transporteur ce qui se passe dans ces départements.\n3. Mettez en pause le mot-clé plaid "
     "mohair."),
    (BLOCKS, "blockers", "– La chemise Alba revient le plus : [[trends.returns-lin-alba.rate]] des "
     "pièces, contre [[trends.returns-lin-alba.rest]] pour les autres produits ; le plus souvent, "
     "elle est trop petite."),
    (AGAIN, "finding", "Environ [[behaviour.buy-60-days.expected-buyers]] devraient commander d’ici "
     "60 jours ; pour [[behaviour.buy-60-days.customers-likely]], c’est plus que probable."),
    (AGAIN, "what_to_do", "Montrez d’abord vos nouveautés à ces clients, sans remise. Laissez-en "
     "quelques-uns de côté : vous verrez ce que l’e-mail apporte."),
    (LEAVE, "finding", "[[segments.at-risk.customers]] sont à risque, tous parmi vos meilleurs, et "
     "[[segments.drifting-away.customers]] s’éloignent."),
    (LEAVE, "summary", "Un tel silence n’est pas un adieu : [[behaviour.drifting-90-days.bought]] de "
     "ces clients silencieux ont racheté dans les 90 jours."),
    (TRENDS, "finding", f"Les bougies et les senteurs s’envolent : [[{CANDLES}.last]] par semaine, "
     f"pour une prévision de [[{CANDLES}.expected]] (confirmé)."),
    (TRENDS, "moved", f"Les bougies sont au-dessus de l’attendu depuis la semaine du "
     f"[[{CANDLES}.since]]. Les commandes, elles, n’ont rien d’inhabituel : "
     "[[trends.total-orders.last]] pour [[trends.total-orders.expected]] attendues."),
    (TRENDS, "moved", f"Sur téléphone, [[{PHONES}.rate]] des paiements aboutissent, en baisse par "
     f"rapport à [[{PHONES}.before]] (confirmé) ; il manque environ [[{PHONES}.lost-buyers]]."),
    (TRENDS, "watch", "Les torchons reviennent un peu plus souvent, "
     "[[trends.returns-cui-torchons.rate]] contre [[trends.returns-cui-torchons.rest]] : à "
     "surveiller."),
    (TRENDS, "next", "1. Vérifiez qu’il reste assez de bougies en stock.\n2. Mettez les senteurs en "
     "page d’accueil tant qu’elles se vendent."),
    (PHOTOS, "finding", f"La variante B gagne : [[{WORN}--b.rate]] ont acheté, contre "
     f"[[{WORN}--a.rate]] avec A, soit un écart de [[{WORN}--b.effect]], sans doute entre 0,66 et "
     "1,74."),
    (PHOTOS, "summary", f"[[{WORN}.users]] personnes ont participé entre le [[{WORN}.first-day]] et "
     f"le [[{WORN}.last-day]], et la répartition est la bonne."),
    (LOYAL, "answer", "Vous avez [[segments.loyal.customers]] fidèles, soit "
     "[[segments.loyal.share-of-customers]] du total."),
    (MOVED, "finding", f"Le paiement sur mobile perd des acheteurs : [[{PHONES}.rate]] vont au bout,"
     f" contre [[{PHONES}.before]] avant, soit environ [[{PHONES}.lost-money]] depuis le "
     f"[[{PHONES}.since]]."),
    (MOVED, "moved", "– Confirmé : les colis vers les départements 33, 64 et d’autres arrivent en "
     "retard, [[delivery.late-regions.late]] contre [[delivery.late-regions.rest]] ailleurs.\n"
     f"– Confirmé : les bougies se vendent à [[{CANDLES}.last]] par semaine, pour "
     f"[[{CANDLES}.expected]] attendues."),
    (MOVED, "moved", f"– Confirmé : les clients parlent davantage des colis en retard, de "
     f"[[{LATE}.share-before]] à [[{LATE}.share-now]] de leurs textes."),
)  # fmt: skip

STRANGERS_EN = (
    ("Vegetarians", LINEN, "say", "Vegetarians in Lyon respond best."),
    ("Lyon", SAY, "summary", "Late parcels are told most in Lyon."),
    ("Women", SAY, "finding", "Women complain more than men about late parcels."),
    ("Students", SAY, "summary", "Students write most of these complaints."),
    ("Parents", AGAIN, "summary", "Parents of young children are the likeliest to buy."),
    ("retirees", LEAVE, "summary", "It is mostly retirees who are drifting away."),
    ("iPhone", BLOCKS, "finding", "The payment fails on every iPhone."),
    ("tablets", TRENDS, "moved", "On tablets the payment works less and less."),
    ("Instagram", TRENDS, "moved", "The candles come from Instagram."),
    ("Hats", TRENDS, "watch", "Hats come back even more often."),
    ("VIP", LINEN, "say", "Best and loyal customers: give the VIP club a first look."),
    ("Wealthy", LINEN, "finding", "Wealthy customers bought the most linen."),
    ("Sunday", AGAIN, "finding", "Sunday shoppers are the likeliest to buy again."),
    ("Bretagne", BLOCKS, "blockers", "Parcels are late in Bretagne as well."),
    ("Black", TRENDS, "finding", "Candles took off before Black Friday."),
    ("C", PHOTOS, "finding", "Variant C did better still."),
    ("dog", LOYAL, "answer", "Most of the loyal customers are dog owners."),
    ("Germans", NEXT, "summary", "Germans come back for the same."),
    ("TikTok", MOVED, "moved", "– Confirmed: visits from TikTok come to nothing."),
    ("Owls", MOVED, "finding", "Owls buy more candles than anybody."),
)  # fmt: skip

STRANGERS_FR = (
    ("végétariens", LINEN, "say", "Les végétariens de Lyon répondent le mieux."),
    ("Lyon", SAY, "summary", "Les colis en retard se concentrent à Lyon."),
    ("femmes", SAY, "finding", "Les femmes se plaignent plus que les hommes des colis en retard."),
    ("étudiantes", SAY, "summary", "Ce sont surtout des étudiantes qui s’en plaignent."),
    ("mamans", AGAIN, "summary", "Les mamans sont les plus susceptibles d’acheter."),
    ("retraités", LEAVE, "summary", "Ce sont surtout des retraités qui s’éloignent."),
    ("iPhone", BLOCKS, "finding", "Le paiement échoue sur tous les iPhone."),
    ("tablette", TRENDS, "moved", "Sur tablette, le paiement marche de moins en moins bien."),
    ("Instagram", TRENDS, "moved", "Les bougies viennent d’Instagram."),
    ("chapeaux", TRENDS, "watch", "Les chapeaux reviennent encore plus souvent."),
    ("VIP", LINEN, "say", "Meilleurs clients et fidèles : une avant-première pour le club VIP."),
    ("aisées", LINEN, "finding", "Les clientes aisées achètent le plus de lin."),
    ("dimanche", AGAIN, "finding", "Les acheteurs du dimanche rachètent le plus."),
    ("Bretagne", BLOCKS, "blockers", "Les colis sont aussi en retard en Bretagne."),
    ("hiver", TRENDS, "finding", "Les bougies s’envolent avec l’hiver."),
    ("C", PHOTOS, "finding", "La variante C fait encore mieux."),
    ("chien", LOYAL, "answer", "La plupart des clients fidèles ont un chien."),
    ("Allemands", NEXT, "summary", "Les Allemands reviennent pour la même catégorie."),
    ("TikTok", MOVED, "moved", "– Confirmé : les visites venues de TikTok n’achètent pas."),
    ("sportifs", MOVED, "finding", "Les sportifs achètent plus de bougies que les autres."),
)  # fmt: skip

# A figure that is true, given to somebody else.
SWAPPED_EN = (
    (LINEN, "finding", "Best and loyal customers: [[audiences.niche.bought-share]] of such people "
     "bought Vêtements en lin within 90 days."),
    (LINEN, "audiences", "1. Best and loyal customers: [[audiences.buyers.customers]] customers fit."
     "\n3. Buyers of Vêtements en lin: [[audiences.loyal.customers]] customers fit."),
    (SAY, "summary", f"Stock is told in [[{LATE}.share-now]] of the texts, late parcels in "
     "[[feedback.stock.share-now]]."),
    (SAY, "fix_first", f"1. Paying on the phone ([[{LATE}.complaints]] complaints): try it."),
    (LEAVE, "finding", "At risk: [[segments.drifting-away.customers]]. Drifting away: "
     "[[segments.at-risk.customers]]."),
    (TRENDS, "finding", "Candles and scents sell [[trends.total-units.last]] a week."),
    (TRENDS, "moved", "Returns of the Alba shirt: [[trends.returns-mai-maud.rate]]."),
    (BLOCKS, "blockers", "– Keyword location nappe mariage: "
     "[[campaigns.stuck--plaid-mohair.clicks]] clicks, no order."),
    (PHOTOS, "finding", f"A won with [[{WORN}--b.rate]]; variant B had [[{WORN}--a.rate]]."),
)  # fmt: skip

SWAPPED_FR = (
    (LINEN, "finding", "Meilleurs clients et fidèles : [[audiences.niche.bought-share]] de ces "
     "clients ont acheté Vêtements en lin en 90 jours."),
    (LINEN, "audiences", "1. Meilleurs clients et fidèles : [[audiences.buyers.customers]] clients "
     "concernés."),
    (SAY, "summary", f"Le stock revient dans [[{LATE}.share-now]] des textes, les colis en retard "
     "dans [[feedback.stock.share-now]]."),
    (SAY, "fix_first", f"1. Paiement sur téléphone ([[{LATE}.complaints]] plaintes) : essayez-le."),
    (LEAVE, "finding", "À risque : [[segments.drifting-away.customers]]. S’éloignent : "
     "[[segments.at-risk.customers]]."),
    (TRENDS, "finding", "Bougies et senteurs : [[trends.total-units.last]] par semaine."),
    (TRENDS, "moved", "Retours de la chemise Alba : [[trends.returns-mai-maud.rate]]."),
    (BLOCKS, "blockers", "– Mot-clé location nappe mariage : "
     "[[campaigns.stuck--plaid-mohair.clicks]] clics, aucune commande."),
)  # fmt: skip

# What rose said to fall, and the reverse; what is to be watched said to be confirmed.
TURNED_EN = (
    (SAY, "finding", f"Late parcels fell to [[{LATE}.share-now]] of the texts."),
    (SAY, "summary", "Stock dropped to [[feedback.stock.share-now]] of what customers write."),
    (BLOCKS, "finding", f"Payment on phones improved and rose to [[{PHONES}.rate]], "
     f"[[{PHONES}.before]] before."),
    (TRENDS, "finding", "Candles and scents fell short: they dropped for three weeks."),
    (TRENDS, "moved", f"On phones the share that pays rose from [[{PHONES}.before]] to "
     f"[[{PHONES}.rate]]."),
    (MOVED, "moved", f"– Confirmed: customers write less about late parcels: they fell to "
     f"[[{LATE}.share-now]], [[{LATE}.share-before]] before."),
)  # fmt: skip

TURNED_FR = (
    (SAY, "finding", f"Les colis en retard reculent à [[{LATE}.share-now]] des textes."),
    (SAY, "summary", "Le stock a baissé : [[feedback.stock.share-now]] des textes."),
    (BLOCKS, "finding", f"Le paiement sur téléphone progresse : [[{PHONES}.rate]], contre "
     f"[[{PHONES}.before]] avant."),
    (TRENDS, "finding", "Bougies et senteurs en forte baisse depuis trois semaines."),
    (TRENDS, "moved", f"Sur téléphone, la part qui paie a augmenté de [[{PHONES}.before]] à "
     f"[[{PHONES}.rate]]."),
    (MOVED, "moved", f"– Confirmé : les colis en retard diminuent, [[{LATE}.share-now]] contre "
     f"[[{LATE}.share-before]] avant."),
)  # fmt: skip

OVERSURE_EN = (
    (TRENDS, "watch", "Returns of Torchons Fournil en métis (lot de 3): "
     "[[trends.returns-cui-torchons.rate]] (confirmed)."),
    (TRENDS, "moved", "Orders came to [[trends.total-orders.last]] (confirmed)."),
    (MOVED, "moved", "– Confirmed: Customers write about colour: [[feedback.colour.share-now]] of "
     "their texts."),
    (SAY, "summary", "Price went from [[feedback.price.share-before]] to "
     "[[feedback.price.share-now]] of the texts (confirmed)."),
)  # fmt: skip

OVERSURE_FR = (
    (TRENDS, "watch", "Retours de Torchons Fournil en métis (lot de 3) : "
     "[[trends.returns-cui-torchons.rate]] (confirmé)."),
    (TRENDS, "moved", "Commandes : [[trends.total-orders.last]] (confirmé)."),
    (MOVED, "moved", "– Confirmé : Avis des clients, couleur : [[feedback.colour.share-now]] des "
     "textes."),
    (SAY, "summary", "Le prix passe de [[feedback.price.share-before]] à "
     "[[feedback.price.share-now]] des textes (confirmé)."),
)  # fmt: skip
